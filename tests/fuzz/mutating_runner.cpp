// Runs a fuzz target over seeds and mutations of them, deterministically: `fuzz_x ROUNDS
// CORPUS_FOLDER`. A target reports what is wrong by ending the process; so does the runner, of an
// input that costs too much time or memory.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

constexpr std::size_t longest_input = 16 * 1024;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double cpu_seconds_most = 20;
constexpr long resident_kib_most = 0;   // their own memory is no measure
#else
constexpr double cpu_seconds_most = 2;   // of one input
constexpr long resident_kib_most = 512 * 1024;
#endif

std::vector<std::string> seeds_of(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::exists(folder))
        for (auto const& entry : std::filesystem::directory_iterator(folder))
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds{std::string()};
    for (auto const& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return seeds;
}

class mutator {
public:
    explicit mutator(std::vector<std::string> const& seeds) : seeds_(seeds) {}

    std::string next() {
        auto input = seeds_[below(seeds_.size())];
        for (auto times = 1 + below(6); times != 0; --times) mutate(input);
        input.resize(std::min(input.size(), longest_input));
        return input;
    }

private:
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

    void mutate(std::string& input) {
        static constexpr std::string_view telling(
            "\r\n\0 \t:;=-<>&%/\"\xff\x80"
            "0f",
            21);
        auto const at = below(input.size() + 1);
        switch (below(7)) {
            case 0:  // another byte
                if (at < input.size()) input[at] = static_cast<char>(random_());
                break;
            case 1:  // a byte that means something
                if (at < input.size()) input[at] = telling[below(telling.size())];
                break;
            case 2: input.insert(at, 1, telling[below(telling.size())]); break;
            case 3: input.erase(at, 1 + below(8)); break;
            case 4: input.resize(at); break;
            case 5:  // a piece twice
                input.insert(at, input.substr(below(input.size() + 1), 1 + below(64)));
                break;
            case 6: {  // a piece of another seed
                auto const& other = seeds_[below(seeds_.size())];
                input.insert(at, other.substr(below(other.size() + 1), 1 + below(64)));
                break;
            }
        }
    }

    std::vector<std::string> const& seeds_;
    std::mt19937_64 random_{1};
};

[[noreturn]] void costs_too_much(std::string const& input, char const* what) {
    std::cerr << "an input of " << input.size() << " bytes takes too much " << what << "; it is in "
              << "costly-input\n";
    std::ofstream("costly-input", std::ios::binary) << input;
    std::abort();
}

void run(std::string const& input) {
    // A copy of the exact size, so that reading past it is seen by sanitizers.
    std::vector<std::uint8_t> const exact(input.begin(), input.end());
    auto const before = std::clock();
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
    auto const seconds = double(std::clock() - before) / CLOCKS_PER_SEC;
    if (seconds > cpu_seconds_most) costs_too_much(input, "time");
    rusage used{};
    if (resident_kib_most != 0 && getrusage(RUSAGE_SELF, &used) == 0 &&
        used.ru_maxrss > resident_kib_most)
        costs_too_much(input, "memory");
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: " << arguments[0] << " ROUNDS CORPUS_FOLDER\n";
        return 2;
    }
    auto const seeds = seeds_of(arguments[2]);
    for (auto const& seed : seeds) run(seed);
    mutator mutations(seeds);
    for (auto rounds = std::strtoull(arguments[1], nullptr, 10); rounds != 0; --rounds)
        run(mutations.next());
    return 0;
}
