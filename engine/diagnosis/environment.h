// Environment: what all runs of one executor share. Borrowed by each; thread-safe as its parts are.
#pragma once

#include "engine/catalog/catalog.h"
#include "engine/core/logging.h"
#include "engine/core/unique_fd.h"
#include "engine/diagnosis/executor.h"
#include "engine/diagnosis/slots.h"
#include "engine/diagnosis/viewers.h"
#include "engine/operation/runner.h"
#include "engine/store/store.h"

namespace kubediag::diagnosis {

struct Environment {
  store::Store& store;
  catalog::Catalog& catalog;
  operation::Runner& runner;
  Logger& logger;
  const ExecutorOptions options;
  const UniqueFd data_root;
  Slots slots;
  Viewers viewers;  // last: viewers end before what they use
};

}  // namespace kubediag::diagnosis
