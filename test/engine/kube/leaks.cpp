// What the address sanitizer should not report: cpprestsdk's pool threads live until the process is
// gone, and with them what OpenSSL keeps for each thread (its error queue, its random generators).
// It is the same after two requests and after five thousand. Whole stacks are needed to tell these
// from leaks of ours. And the library loses 32 bytes, a proxy's password, with each connection
// through one.
extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the sanitizer's names
const char* __asan_default_options();
const char* __lsan_default_suppressions();

const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
const char* __lsan_default_suppressions() {
  return "leak:ERR_clear_error\n"
         "leak:RAND_get0_public\n"
         "leak:RAND_get0_private\n"
         "leak:crossplat::threadpool\n"
         "leak:ssl_proxy_tunnel::start_proxy_connect\n";
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

}  // extern "C"
