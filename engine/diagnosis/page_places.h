// PagePlaces: the places of pages that a run has reserved before it was claimed. Thread-safe.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "engine/diagnosis/viewers.h"

namespace kubediag::diagnosis {

class PagePlaces {
 public:
  void Add(std::vector<Viewers::Ticket> tickets) {
    const std::lock_guard lock(mutex_);
    for (Viewers::Ticket& ticket : tickets) tickets_.push_back(std::move(ticket));
  }
  // One of those reserved, else one that the node has left; null if it has none.
  Viewers::Ticket Take(Viewers& viewers) {
    const std::lock_guard lock(mutex_);
    if (tickets_.empty()) return viewers.Reserve();
    Viewers::Ticket ticket = std::move(tickets_.back());
    tickets_.pop_back();
    return ticket;
  }

 private:
  std::mutex mutex_;
  std::vector<Viewers::Ticket> tickets_;
};

}  // namespace kubediag::diagnosis
