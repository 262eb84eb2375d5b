#include "gateway/daemon/greeting.hpp"

namespace sluice::gateway {
namespace {

// Safe between single quotes of a shell.
std::string quoted(std::string const& text) {
    std::string out = "'";
    for (char const c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

std::string greeting(server_addresses const& at) {
    std::string out = "Sluice " SLUICE_VERSION " serves " + at.data_folder + "\n";
    out += "  S3     " + at.s3 + "\n";
    auto const protocol = std::string(at.certificate.empty() ? "SASL_PLAINTEXT" : "SASL_SSL");
    out += "  Kafka  " + at.kafka + " (" + protocol + ")\n";
    if (!at.pg.empty()) out += "  SQL    " + at.pg + "\n";
    out += "  admin  " + at.admin + "/healthz, /metrics (as root)\n";
    if (!at.made_up_secret.empty())
        out += "  root   user " + at.root_user + ", secret " + at.made_up_secret + " (made up, shown this once)\n";
    auto const secret = at.made_up_secret.empty() ? "\"$SLUICE_ROOT_PASSWORD\"" : quoted(at.made_up_secret);
    out += "connect with aws-cli:\n";
    out += "  export AWS_ACCESS_KEY_ID=" + quoted(at.root_user) + " AWS_SECRET_ACCESS_KEY=" + secret +
           " AWS_DEFAULT_REGION=us-east-1\n";
    if (!at.certificate.empty()) out += "  export AWS_CA_BUNDLE=" + quoted(at.certificate) + "\n";
    out += "  aws --endpoint-url " + at.s3 + " s3 mb s3://first\n";
    out += "connect with kcat:\n";
    out += "  kcat -b " + at.kafka + " -X security.protocol=" + protocol +
           " -X sasl.mechanism=PLAIN -X sasl.username=" + quoted(at.root_user) +
           " -X sasl.password=" + secret;
    if (!at.certificate.empty()) out += " -X ssl.ca.location=" + quoted(at.certificate);
    out += " -L\n";
    if (!at.pg.empty()) {
        out += "connect with psql:\n";
        out += "  PGPASSWORD=" + secret + " psql \"" + at.pg + " user=" + at.root_user + " dbname=sluice";
        if (!at.certificate.empty()) out += " sslmode=verify-full sslrootcert=" + at.certificate;
        out += "\"\n";
    }
    return out + "ready\n";
}

}  // namespace sluice::gateway
