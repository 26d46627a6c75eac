// The text of pprof's -top, from the line "Showing nodes …" on.
//
// Pure; the same bytes as pprof prints.
#pragma once

#include <string>

#include "plugins/go_profiler/report/top.h"

namespace kubediag::report {

std::string TopText(const FrameTable& frames, const TopOptions& options, const Top& top);

}  // namespace kubediag::report
