// PeerRateLimiter: how many requests a second one peer may send, as a bucket of tokens for each.
//
// Not thread-safe. Memory is bounded: beyond `max_peers` busy peers, new ones share one bucket.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kubediag::http {

class PeerRateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `per_second` tokens flow into a bucket that holds `burst` and starts full.
  PeerRateLimiter(double per_second, double burst, size_t max_peers)
      : per_second_(per_second), burst_(burst), max_peers_(max_peers), shared_{burst, {}} {}

  // Takes a token of `peer`, or returns false if it has none at `now`.
  bool Admit(std::string_view peer, TimePoint now);

  size_t peers() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    TimePoint filled;
  };

  Bucket& Find(std::string_view peer, TimePoint now);
  void Fill(Bucket& bucket, TimePoint now) const;
  void ForgetFullBuckets(TimePoint now);

  double per_second_;
  double burst_;
  size_t max_peers_;
  Bucket shared_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace kubediag::http
