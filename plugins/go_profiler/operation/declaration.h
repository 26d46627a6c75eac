// What the operation says of itself: one table of its parameters, its Secret, its features.
#pragma once

#include <kubediag/declaration.h>

namespace kubediag::go_profiler {

Declaration MakeDeclaration();

}  // namespace kubediag::go_profiler
