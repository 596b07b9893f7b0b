#include "run_record.hpp"

#include <pz/core/json.hpp>

#include <sstream>
#include <system_error>
#include <utility>

namespace pz::command {

namespace fs = std::filesystem;

namespace {

fs::path record_file(const Workspace& workspace) {
    return workspace.run() / "run.json";
}

/// State letter and start time of a process; {'\0', 0} when there is none.
std::pair<char, std::int64_t> read_stat(std::int64_t pid) {
    const std::string text = read_file(fs::path{"/proc"} / std::to_string(pid) / "stat");
    const std::size_t name_end = text.rfind(')');  // the name itself may hold spaces and parentheses
    if (name_end == std::string::npos) {
        return {};
    }
    std::istringstream words{text.substr(name_end + 1)};
    char state = '\0';
    words >> state;
    constexpr int fields_between = 18;  // from field 3 (state) to field 22 (start time)
    std::string word;
    for (int i = 0; i < fields_between; ++i) {
        words >> word;
    }
    std::int64_t start_time = 0;
    words >> start_time;
    return {state, start_time};
}

}  // namespace

ProcessIdentity identify(std::string name, pid_t pid) {
    return {std::move(name), pid, read_stat(pid).second};
}

bool is_alive(const ProcessIdentity& process) {
    const auto [state, start_time] = read_stat(process.pid);
    return state != '\0' && state != 'Z' && state != 'X' && start_time == process.start_time;
}

void save(const Workspace& workspace, const RunRecord& record) {
    write_file(record_file(workspace), core::to_json(record) + "\n");
}

std::optional<RunRecord> load_run_record(const Workspace& workspace) {
    const auto document = core::parse_json(read_file(record_file(workspace)));
    RunRecord record;
    std::vector<core::FieldError> errors;
    if (!document || !core::read_json(*document, record, "run", errors)) {
        return std::nullopt;
    }
    return record;
}

std::optional<RunRecord> find_running(const Workspace& workspace) {
    std::optional<RunRecord> record = load_run_record(workspace);
    return record && is_alive(record->supervisor) ? record : std::nullopt;
}

void forget(const Workspace& workspace) {
    std::error_code ignored;
    fs::remove(record_file(workspace), ignored);
}

}  // namespace pz::command
