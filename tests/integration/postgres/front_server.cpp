// The PostgreSQL front over scripted sessions as a program, for clients in other languages: prints
// "port N" and "certificate PATH", serves until its standard input ends, then stops gracefully.
//     front_server [tls] [idle=MILLISECONDS]
#include <charconv>
#include <iostream>
#include <string_view>

#include "tests/integration/postgres/pg_world.hpp"

int main(int count, char** words) {
    sluice::postgres::pg_world_options wanted;
    for (int i = 1; i < count; ++i) {
        std::string_view const word = words[i];
        if (word == "tls") wanted.tls = true;
        if (!word.starts_with("idle=")) continue;
        int milliseconds = 0;
        std::from_chars(word.data() + 5, word.data() + word.size(), milliseconds);
        wanted.front.idle = std::chrono::milliseconds(milliseconds);
    }
    sluice::postgres::pg_world world(std::move(wanted));
    std::cout << "port " << world.port() << "\npassword " << sluice::auth::root_password
              << "\ncertificate " << world.certificate() << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) continue;
    world.stop(std::chrono::seconds(10));
}
