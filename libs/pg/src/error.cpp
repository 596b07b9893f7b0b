#include <pz/pg/error.hpp>

namespace pz::pg {

Error::Error(std::string sqlstate, std::string constraint, std::string statement, std::string detail)
    : sqlstate_(std::move(sqlstate)),
      constraint_(std::move(constraint)),
      statement_(std::move(statement)),
      detail_(std::move(detail)),
      summary_(sqlstate_) {
    if (!statement_.empty()) {
        summary_ += ": " + statement_;
    }
    if (!constraint_.empty()) {
        summary_ += " (" + constraint_ + ")";
    }
}

void Error::on_constraint(std::string_view name, core::ApiError instead) const {
    if (constraint_ == name) {
        throw std::move(instead).with_cause(summary_);
    }
}

}  // namespace pz::pg
