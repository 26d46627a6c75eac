#include "engine/http/rate_limiter.h"

#include <algorithm>

namespace kubediag::http {

bool PeerRateLimiter::Admit(std::string_view peer, TimePoint now) {
  Bucket& bucket = Find(peer, now);
  Fill(bucket, now);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

PeerRateLimiter::Bucket& PeerRateLimiter::Find(std::string_view peer, TimePoint now) {
  const std::string key(peer);
  if (const auto found = buckets_.find(key); found != buckets_.end()) return found->second;
  if (buckets_.size() >= max_peers_) ForgetFullBuckets(now);
  if (buckets_.size() >= max_peers_) return shared_;
  return buckets_.emplace(key, Bucket{burst_, now}).first->second;
}

void PeerRateLimiter::Fill(Bucket& bucket, TimePoint now) const {
  if (now <= bucket.filled) return;
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(burst_, bucket.tokens + seconds * per_second_);
  bucket.filled = now;
}

void PeerRateLimiter::ForgetFullBuckets(TimePoint now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    Bucket bucket = entry.second;
    Fill(bucket, now);
    return bucket.tokens >= burst_;
  });
}

}  // namespace kubediag::http
