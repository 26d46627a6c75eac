/* Declines the engine. */
#include "test/modules/module.h"

EXPORT_MODULE(0)
