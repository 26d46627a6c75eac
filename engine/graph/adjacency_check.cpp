#include "engine/graph/adjacency_check.h"

#include <algorithm>
#include <string>

#include "engine/core/limits.h"

namespace kubediag::graph {
namespace {

constexpr size_t kMaxReportedCycles = 64;
constexpr size_t kMaxShownCycleNodes = 32;

std::string FieldOf(size_t node) { return "adjacencyList[" + std::to_string(node) + "]"; }

// Violations with the node they concern, to be put into list order at the end.
class Findings {
 public:
  void Error(size_t node, std::string field, std::string message) {
    Add(Violation::Severity::kError, node, std::move(field), std::move(message));
  }
  void Warn(size_t node, std::string field, std::string message) {
    Add(Violation::Severity::kWarning, node, std::move(field), std::move(message));
  }

  bool has_errors() const { return has_errors_; }

  std::vector<Violation> Take() {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.node < b.node; });
    std::vector<Violation> violations;
    for (Entry& entry : entries_) violations.push_back(std::move(entry.violation));
    if (omitted_ > 0) {
      violations.push_back(
          {omitted_severity_, "adjacencyList", "and " + std::to_string(omitted_) + " more"});
    }
    return violations;
  }

 private:
  struct Entry {
    size_t node;
    Violation violation;
  };

  void Add(Violation::Severity severity, size_t node, std::string field, std::string message) {
    const bool is_error = severity == Violation::Severity::kError;
    has_errors_ |= is_error;
    // Warnings leave half of the room to errors.
    size_t& count = is_error ? errors_ : warnings_;
    if (++count > kMaxManifestDiagnostics / 2) {
      ++omitted_;
      if (is_error) omitted_severity_ = Violation::Severity::kError;
      return;
    }
    entries_.push_back({node, {severity, std::move(field), std::move(message)}});
  }

  std::vector<Entry> entries_;
  bool has_errors_ = false;
  size_t errors_ = 0;
  size_t warnings_ = 0;
  size_t omitted_ = 0;
  Violation::Severity omitted_severity_ = Violation::Severity::kWarning;
};

void CheckNode(std::span<const api::Node> list, size_t position, Findings& findings) {
  const api::Node& node = list[position];
  const std::string number = std::to_string(position);
  if (position == 0 && !node.operation.empty()) {
    findings.Error(0, FieldOf(0) + ".operation",
                   "the start (position 0) runs no operation; begin the list with a node that has "
                   "only `to`");
  }
  if (position > 0 && node.operation.empty()) {
    findings.Error(position, FieldOf(position), "names no operation");
  }
  // Clients drop an id of 0, so its absence at the start says nothing.
  if (!node.id && position > 0) {
    findings.Warn(position, FieldOf(position), "has no id; its position, " + number + ", counts");
  }
  if (node.id && *node.id != static_cast<int64_t>(position)) {
    findings.Warn(
        position, FieldOf(position) + ".id",
        std::to_string(*node.id) + " stands at position " + number + "; the position counts");
  }
}

// What is wrong with this target; empty if nothing is.
std::string CheckTarget(size_t position, int64_t target, size_t size) {
  if (target < 0 || static_cast<uint64_t>(target) >= size) {
    return std::to_string(target) + " is not a position (the list has " + std::to_string(size) +
           ")";
  }
  if (static_cast<size_t>(target) == position) return "a node cannot lead to itself";
  if (target == 0) return "nothing may lead to the start (position 0)";
  return "";
}

ForwardEdges CollectEdges(std::span<const api::Node> list, Findings& findings) {
  ForwardEdges edges;
  edges.offsets.reserve(list.size() + 1);
  edges.offsets.push_back(0);
  std::vector<size_t> last_source(list.size(), list.size());  // by target; none yet
  for (size_t position = 0; position < list.size(); ++position) {
    const std::vector<int64_t>& to = list[position].to;
    for (size_t i = 0; i < to.size(); ++i) {
      const auto field = [&] { return FieldOf(position) + ".to[" + std::to_string(i) + "]"; };
      if (std::string wrong = CheckTarget(position, to[i], list.size()); !wrong.empty()) {
        findings.Error(position, field(), std::move(wrong));
        continue;
      }
      const auto target = static_cast<NodeIndex>(to[i]);
      if (last_source[target] == position) {
        findings.Warn(position, field(), std::to_string(target) + " stands there twice");
        continue;
      }
      last_source[target] = position;
      edges.targets.push_back(target);
    }
    edges.offsets.push_back(static_cast<uint32_t>(edges.targets.size()));
  }
  return edges;
}

std::string CycleMessage(const std::vector<NodeIndex>& cycle) {
  std::string message = "cycle: ";
  const size_t shown = std::min(cycle.size(), kMaxShownCycleNodes);
  for (size_t i = 0; i < shown; ++i) message += std::to_string(cycle[i]) + " -> ";
  if (shown < cycle.size()) {
    message += "… -> " + std::to_string(cycle.back()) + " -> ";
  }
  message += std::to_string(cycle.front());
  if (shown < cycle.size()) message += " (" + std::to_string(cycle.size()) + " nodes)";
  return message;
}

}  // namespace

CheckedList CheckList(std::span<const api::Node> adjacency_list) {
  Findings findings;
  CheckedList checked;
  const size_t size = adjacency_list.size();
  if (size > kMaxAdjacencyList) {
    findings.Error(
        0, "adjacencyList",
        "has " + std::to_string(size) + " nodes, more than " + std::to_string(kMaxAdjacencyList));
    return {{}, findings.Take(), false};
  }
  if (size < 2) {
    findings.Error(0, "adjacencyList",
                   "has " + std::string(size == 0 ? "no node" : "one node") +
                       "; at least 2 are needed: the start and an operation");
  }
  for (size_t position = 0; position < size; ++position) {
    CheckNode(adjacency_list, position, findings);
  }
  checked.edges = CollectEdges(adjacency_list, findings);
  for (const auto& cycle : FindCycles(checked.edges, kMaxReportedCycles)) {
    findings.Error(cycle.back(), FieldOf(cycle.back()), CycleMessage(cycle));
  }
  if (size > 0) {
    const std::vector<bool> reachable = FindReachable(checked.edges);
    for (size_t position = 0; position < size; ++position) {
      if (reachable[position]) continue;
      findings.Error(position, FieldOf(position), "no path leads here from the start (position 0)");
    }
  }
  checked.ok = !findings.has_errors();
  checked.violations = findings.Take();
  return checked;
}

std::vector<Violation> CheckAdjacencyList(std::span<const api::Node> adjacency_list) {
  return CheckList(adjacency_list).violations;
}

}  // namespace kubediag::graph
