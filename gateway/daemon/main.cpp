// The program `sluice`: the command line with what needs the engine plugged in.
#include "gateway/cli/command_line.hpp"
#include "gateway/daemon/offline.hpp"
#include "gateway/daemon/serve.hpp"

int main(int argc, char** argv) {
    sluice::gateway::offline_commands offline;
    offline.serve = sluice::gateway::serve;
    offline.check = sluice::gateway::check_offline;
    offline.restore = sluice::gateway::restore_offline;
    return sluice::gateway::run_command_line(argc, argv, offline);
}
