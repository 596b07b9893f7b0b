#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace pz::http {

/// The bytes received on one connection that no request has used yet: one flat block, allocated at the first
/// read, given back when the connection is idle. Moving or growing it invalidates every view of it, so both
/// happen only between requests.
class InputBuffer {
 public:
    static constexpr std::size_t initial_capacity = 4096;

    [[nodiscard]] std::string_view bytes() const noexcept { return {data_.get() + begin_, end_ - begin_}; }

    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    [[nodiscard]] std::size_t free_space() const noexcept { return capacity_ - end_; }

    [[nodiscard]] char* free_begin() noexcept { return data_.get() + end_; }

    void commit(std::size_t size) noexcept { end_ += size; }

    void consume(std::size_t size) noexcept {
        begin_ += size;
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
    }

    /// Cuts what follows the first `size` bytes().
    void truncate(std::size_t size) noexcept { end_ = begin_ + size; }

    /// Makes room for at least `size` more bytes: first by moving what is there to the front, then by
    /// growing.
    void reserve(std::size_t size) {
        if (free_space() >= size) {
            return;
        }
        const std::size_t used = end_ - begin_;
        if (capacity_ - used < size) {
            const std::size_t capacity = std::max({initial_capacity, capacity_ * 2, used + size});
            auto larger = std::make_unique_for_overwrite<char[]>(capacity);
            std::copy_n(data_.get() + begin_, used, larger.get());
            data_ = std::move(larger);
            capacity_ = capacity;
        } else {
            std::memmove(data_.get(), data_.get() + begin_, used);
        }
        begin_ = 0;
        end_ = used;
    }

    /// Gives the memory back; only when empty().
    void release() noexcept {
        data_.reset();
        capacity_ = begin_ = end_ = 0;
    }

 private:
    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace pz::http
