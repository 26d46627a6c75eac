// A profile of a few samples whose parts a test can replace, drop or reorder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test/plugins/go_profiler/support/proto_writer.h"

namespace kubediag::testing {

// Fields of the profile message, in the order they are written. The valid base has the strings
// "", cpu, nanoseconds, /bin/prog, main.main, main.go, main.work; functions 1 main.main and
// 2 main.work; locations 1 (main.work, inlined into main.main) and 2 (main.main); one mapping; and
// samples of 10 and 5 on the stacks [1 2] and [2].
struct SmallProfile {
  std::vector<std::string> sample_types{ProtoWriter().Number(1, 1).Number(2, 2).bytes()};
  std::vector<std::string> samples{ProtoWriter().Packed(1, {1, 2}).Packed(2, {10}).bytes(),
                                   ProtoWriter().Number(1, 2).Number(2, 5).bytes()};
  std::vector<std::string> mappings{
      ProtoWriter().Number(1, 1).Number(2, 0x1000).Number(3, 0x9000).Number(5, 3).bytes()};
  std::vector<std::string> locations{ProtoWriter()
                                         .Number(1, 1)
                                         .Number(2, 1)
                                         .Number(3, 0x1234)
                                         .Message(4, ProtoWriter().Number(1, 2).Number(2, 7))
                                         .Message(4, ProtoWriter().Number(1, 1).Number(2, 20))
                                         .bytes(),
                                     ProtoWriter()
                                         .Number(1, 2)
                                         .Number(2, 1)
                                         .Number(3, 0x1300)
                                         .Message(4, ProtoWriter().Number(1, 1).Number(2, 21))
                                         .bytes()};
  std::vector<std::string> functions{
      ProtoWriter().Number(1, 1).Number(2, 4).Number(3, 4).Number(4, 5).bytes(),
      ProtoWriter().Number(1, 2).Number(2, 6).Number(3, 6).Number(4, 5).bytes()};
  std::vector<std::string> strings{"",          "cpu",     "nanoseconds", "/bin/prog",
                                   "main.main", "main.go", "main.work"};
  std::string more;

  std::string Bytes() const {
    ProtoWriter out;
    const std::pair<uint32_t, const std::vector<std::string>&> fields[] = {
        {1, sample_types}, {2, samples},   {3, mappings},
        {4, locations},    {5, functions}, {6, strings}};
    for (const auto& [field, messages] : fields) {
      for (const std::string& message : messages) out.Bytes(field, message);
    }
    return out.Raw(more).bytes();
  }
};

inline std::vector<uint8_t> AsBytes(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace kubediag::testing
