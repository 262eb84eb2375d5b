// The program `sluice`: the command line with what needs the engine plugged in.
#include "gateway/cli/command_line.hpp"
#include "gateway/daemon/serve.hpp"

int main(int argc, char** argv) {
    sluice::gateway::offline_commands offline;
    offline.serve = sluice::gateway::serve;
    return sluice::gateway::run_command_line(argc, argv, offline);
}
