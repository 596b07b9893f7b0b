#include "service_log.hpp"

#include "exit_code.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace pz::command {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t file_limit = 5U << 20U;
constexpr int older_files = 3;
constexpr std::size_t line_limit = 16UL * 1024;
constexpr std::size_t remembered_lines = 30;

}  // namespace

ServiceLog::ServiceLog(const fs::path& directory, const std::string& name)
    : file_(directory / (name + ".log")) {
    rotate();
}

ServiceLog::ServiceLog(ServiceLog&& other) noexcept
    : file_(std::move(other.file_)),
      file_descriptor_(std::exchange(other.file_descriptor_, -1)),
      file_size_(other.file_size_),
      reading_end_(std::exchange(other.reading_end_, -1)),
      partial_(std::move(other.partial_)),
      recent_(std::move(other.recent_)) {}

ServiceLog::~ServiceLog() {
    for (const int descriptor : {file_descriptor_, reading_end_}) {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
}

int ServiceLog::open_writing_end() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw CommandError(
            ExitCode::failure, "could not make a pipe: " + std::generic_category().message(errno)
        );
    }
    if (reading_end_ >= 0) {
        ::close(reading_end_);
    }
    reading_end_ = ends[0];
    ::fcntl(reading_end_, F_SETFL, O_NONBLOCK);
    return ends[1];
}

void ServiceLog::take(const std::function<void(std::string_view)>& on_line) {
    std::array<char, 16UL * 1024> chunk{};
    // Bounded, so that one talkative service does not keep us from the others.
    for (int round = 0; round < 16; ++round) {
        const ssize_t received = reading_end_ < 0 ? -1 : ::read(reading_end_, chunk.data(), chunk.size());
        if (received == 0) {
            ::close(std::exchange(reading_end_, -1)
            );  // nobody writes any more; a poll would return at once for ever
        }
        if (received <= 0) {
            break;
        }
        partial_.append(chunk.data(), static_cast<std::size_t>(received));
        std::size_t start = 0;
        for (std::size_t end = 0; (end = partial_.find('\n', start)) != std::string::npos; start = end + 1) {
            const std::string_view line = std::string_view{partial_}.substr(start, end - start);
            keep(line);
            on_line(line);
        }
        partial_.erase(0, start);
        if (partial_.size() > line_limit) {
            keep(partial_);
            on_line(partial_);
            partial_.clear();
        }
    }
}

std::string ServiceLog::recent() const {
    std::string text;
    for (const std::string& line : recent_) {
        (text += line) += '\n';
    }
    return text;
}

void ServiceLog::keep(std::string_view line) {
    recent_.emplace_back(line);
    if (recent_.size() > remembered_lines) {
        recent_.pop_front();
    }
    std::string text{line};
    text += '\n';
    // A full disk loses log lines, not the services.
    [[maybe_unused]] const ssize_t written = ::write(file_descriptor_, text.data(), text.size());
    file_size_ += text.size();
    if (file_size_ > file_limit) {
        rotate();
    }
}

void ServiceLog::rotate() {
    const auto older = [this](int age) { return fs::path{file_.string() + "." + std::to_string(age)}; };
    std::error_code ignored;
    for (int age = older_files; age > 1; --age) {
        fs::rename(older(age - 1), older(age), ignored);
    }
    if (fs::file_size(file_, ignored) > 0 && !ignored) {
        fs::rename(file_, older(1), ignored);
    }
    if (file_descriptor_ >= 0) {
        ::close(file_descriptor_);
    }
    file_descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    file_size_ = 0;
}

}  // namespace pz::command
