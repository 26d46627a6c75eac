// Column<T>: a growable array of trivial elements for the tables of a profile.
//
// Unlike std::vector it never initialises memory that is about to be overwritten, lets a decoder
// reserve once and write many elements unchecked, and keeps its memory when it is cleared, so that
// a decoder can be used again without touching fresh pages. Owns its elements; movable, not
// copyable; not thread-safe while it is written. Throws std::bad_alloc when memory runs out.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

namespace kubediag::profile {

template <typename T>
class Column {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  Column() = default;
  Column(Column&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Column& operator=(Column&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  ~Column() { std::free(data_); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t capacity() const { return capacity_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }

  // Makes room for `count` more elements and returns where they go; SetSize() admits them.
  T* Room(size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      Grow(count);
    return data_ + size_;
  }
  // `size` must not exceed the capacity; elements past the old size must have been written.
  void SetSize(size_t size) { size_ = size; }
  void Append(T value) {
    *Room(1) = value;
    ++size_;
  }
  void Assign(size_t count, T value) {
    size_ = 0;
    T* out = Room(count);
    for (size_t i = 0; i < count; ++i) out[i] = value;
    size_ = count;
  }
  void Clear() { size_ = 0; }
  // Gives memory past the last element back.
  void ShrinkToFit() {
    if (size_ == 0) {
      std::free(std::exchange(data_, nullptr));
      capacity_ = 0;
    } else if (size_ < capacity_) {
      if (void* moved = std::realloc(data_, size_ * sizeof(T))) {
        data_ = static_cast<T*>(moved);
        capacity_ = size_;
      }
    }
  }

 private:
  void Grow(size_t count) {
    size_t wanted = size_ + count;
    if (wanted < capacity_ + capacity_ / 2) wanted = capacity_ + capacity_ / 2;
    if (wanted < 16) wanted = 16;
    if (wanted > SIZE_MAX / 2 / sizeof(T)) throw std::bad_alloc();
    void* moved = std::realloc(data_, wanted * sizeof(T));
    if (moved == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(moved);
    capacity_ = wanted;
  }

  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace kubediag::profile
