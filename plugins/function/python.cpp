#include "plugins/function/python.h"

#include <unistd.h>

#include <array>

namespace kubediag::function_runner {
namespace {

constexpr std::array kCandidates = {"/usr/bin/python3", "/usr/local/bin/python3", "/bin/python3"};

}  // namespace

// The result is serialised before the descriptor is touched, so it is whole or absent. The
// interpreter's own last words (exit handlers, warnings) go to standard error, which is not it.
const char kPythonMain[] = R"(
import json, os, sys, traceback
SOURCES, RESULT = '/proc/self/fd/3', 4

def answer(text):
    data = text.encode('utf-8', 'replace')
    while data:
        data = data[os.write(RESULT, data):]

def where(error):
    # The file that does not compile has no frame of its own.
    if isinstance(error, SyntaxError) and (error.filename or '').startswith(SOURCES):
        return ' (%s:%d)' % (error.filename[len(SOURCES) + 1:], error.lineno or 0)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(SOURCES):
            return ' (%s:%d)' % (frame.filename[len(SOURCES) + 1:], frame.lineno)
    return ''

def checked(results):
    if results is None:
        return {}
    if not isinstance(results, dict):
        raise TypeError('it returned %s, not a dict of strings' % type(results).__name__)
    for key, value in results.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError('its result %r is %s, not a string' % (key, type(value).__name__))
        for part, text in (('key', key), ('value', value)):
            try:
                text.encode('utf-8')
            except UnicodeEncodeError as error:
                raise TypeError('the %s of its result %a holds half a character (%a): a lone '
                                'surrogate, which no text may hold' % (part, key, text[error.start]))
    return results

def main():
    context = json.load(sys.stdin)
    sys.path.insert(0, SOURCES)
    try:
        import function
        results = function.handler(context)
    except BaseException as error:
        last = traceback.format_exception_only(error)[-1].strip()
        answer('EFunctionFailed\n' + last.replace(SOURCES + '/', '') + where(error))
        return
    try:
        answer('R' + json.dumps(checked(results)))
    except TypeError as error:
        answer('EFunctionResultInvalid\n' + str(error))

main()
)";

std::span<const char* const> PythonCandidates() { return kCandidates; }

Result<std::string> FindPython(std::span<const char* const> candidates) {
  std::string tried;
  for (const char* candidate : candidates) {
    if (access(candidate, X_OK) == 0) return std::string(candidate);
    tried += (tried.empty() ? "" : ", ") + std::string(candidate);
  }
  return Status(StatusCode::kFailedPrecondition, "PythonMissing",
                "python3 is not installed on this machine (looked for " + tried + ")");
}

}  // namespace kubediag::function_runner
