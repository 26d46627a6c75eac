// The life of a viewer beyond its run: kept until it expires, told in condition Serving when it
// ends, brought back after a restart.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/api/objects.h"
#include "engine/core/result.h"
#include "engine/diagnosis/environment.h"
#include "engine/diagnosis/journal_record.h"
#include "engine/diagnosis/processor.h"
#include "engine/diagnosis/run_lock.h"

namespace kubediag::diagnosis {

// What condition Serving is told of when the viewer ends.
struct ViewerOwner {
  std::string namespace_name;
  std::string name;
  std::string uid;
  int64_t node = 0;
  std::string operation;
};
ViewerOwner OwnerOf(const api::Diagnosis& diagnosis, int64_t node, const std::string& operation);

// Keeps `viewer`, whose run serves, whose owner is `owner`.
void KeepViewer(Environment& environment, const ViewerOwner& owner, Viewer viewer,
                Viewers::Ticket ticket);

// Condition Serving, told at the next start: the page of `record` expired while no engine was there
// to see it, or a page that has not expired did not come back. Ok also if nobody is to be told;
// StoreUnavailable if it is to be tried again.
Status TellExpired(Environment& environment, const api::Diagnosis& diagnosis,
                   const FinishedRecord& record);
Status TellRestoreFailed(Environment& environment, const api::Diagnosis& diagnosis,
                         const Status& failure);

// Serves again what `recorded` says: same port, same URL, until the same moment. Ok if it has
// expired meanwhile. Waits until it answers, or `stop` is requested.
Status RestoreViewer(Environment& environment, const api::Diagnosis& diagnosis,
                     const FinishedRecord& record, const Result<ResolvedOperation>& resolved,
                     const std::string& operation_name, const std::shared_ptr<RunLock>& lock,
                     const std::stop_token& stop);

}  // namespace kubediag::diagnosis
