#pragma once

#include <chrono>
#include <exception>
#include <string_view>
#include <vector>

namespace pz::core {

/// Something that a request waited for: a flush to the database, a password hash. Of `kind` there are few
/// ("auth", "db", "password"); `name` says which one ("items.list"). Both views point to constants.
struct Step {
    std::string_view kind;
    std::string_view name;
    std::chrono::steady_clock::time_point began;
    std::chrono::steady_clock::time_point ended;
};

/// The steps of one request in the order in which they ended: the material of Server-Timing and of a trace's
/// child spans. Kept only when somebody will read it.
using Timeline = std::vector<Step>;

/// Notes the time from its construction to its destruction, unless there is no timeline. Both constants must
/// outlive the timeline.
class TimedStep {
 public:
    TimedStep(Timeline* timeline, std::string_view kind, std::string_view name) : timeline_(timeline) {
        if (timeline_ != nullptr) {
            step_ = {.kind = kind, .name = name, .began = std::chrono::steady_clock::now(), .ended = {}};
        }
    }

    TimedStep(const TimedStep&) = delete;
    TimedStep& operator=(const TimedStep&) = delete;

    ~TimedStep() {
        if (timeline_ != nullptr) {
            step_.ended = std::chrono::steady_clock::now();
            try {
                timeline_->push_back(step_);
            } catch (const std::exception&) {
                // No memory: a trace without this step is still a trace.
                timeline_ = nullptr;
            }
        }
    }

 private:
    Timeline* timeline_;
    Step step_;
};

}  // namespace pz::core
