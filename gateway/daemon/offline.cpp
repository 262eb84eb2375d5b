#include "gateway/daemon/offline.hpp"

#include <filesystem>

#include "backend/store/backup.hpp"
#include "backend/store/check.hpp"
#include "gateway/daemon/options.hpp"

namespace sluice::gateway {

result<std::string> check_offline(settings const& chosen, blocking_token token) {
    SLUICE_TRY(auto const report, store::check_folder(data_folder_of(chosen), {}, token));
    if (!report.is_clean()) return failure{error::corrupt, to_text(report)};
    return to_text(report);
}

result<std::string> restore_offline(settings const& chosen, std::string const& backup, blocking_token token) {
    auto const from = std::filesystem::absolute(backup).string();
    SLUICE_TRY(auto const report, store::restore(from, data_folder_of(chosen), token));
    return "restored " + std::to_string(report.bytes) + " bytes in " + std::to_string(report.files) +
           " files, as of commit " + std::to_string(to_underlying(report.at)) + ", into " + data_folder_of(chosen);
}

}  // namespace sluice::gateway
