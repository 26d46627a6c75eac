// An operation that waits until its gate is opened, then reads all of its module: built twice, as
// an old and a new version of one module.
#include <fcntl.h>
#include <kubediag/operation.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace {

// Pages of the module's file that nothing reads before the gate is opened.
constexpr size_t kPage = 4096;
constexpr size_t kPages = 256;
alignas(kPage) constexpr std::array<uint8_t, kPage* kPages> kTable = [] {
  std::array<uint8_t, kPage * kPages> table{};
  for (size_t i = 0; i < kPages; ++i) table[i * kPage] = GATED_MARK;
  return table;
}();

class Gated : public kubediag::Operation {
 public:
  static kubediag::Declaration Declare() {
    return kubediag::Declaration("gated")
        .Version(GATED_VERSION)
        .Doc("Waits for its gate.")
        .Add(kubediag::Parameter::Text("gated.gate").Doc("A FIFO."));
  }
  kubediag::Outcome Run(kubediag::Job& job) override {
    job.Warning("at the gate");
    // Opening a FIFO waits for its other end.
    const std::string gate(job.parameters().Text("gated.gate"));
    const int fd = open(gate.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return kubediag::Failure("NoGate", "cannot open " + gate);
    close(fd);
    const volatile uint8_t* table = kTable.data();
    for (size_t i = 0; i < kPages; ++i) {
      if (table[i * kPage] != GATED_MARK) {
        return kubediag::Failure("Torn", "page " + std::to_string(i) + " is another module's");
      }
    }
    job.Emit("gated.version", GATED_VERSION);
    return kubediag::Outcome::Success();
  }
};

}  // namespace

KUBEDIAG_OPERATIONS(Gated);
