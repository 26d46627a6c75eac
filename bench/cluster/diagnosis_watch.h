// DiagnosisWatch: what the API server tells of Diagnoses, as it is told.
//
// One stream, begun anew when the server ends it. `on_diagnosis` is called on the thread that reads
// the connection. Borrows the transport; ends with the object.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "engine/api/objects.h"
#include "engine/kube/transport.h"

namespace kubediag::bench {

class DiagnosisWatch {
 public:
  using OnDiagnosis = std::function<void(const api::Diagnosis& diagnosis)>;

  // `node_name` empty: of all nodes.
  DiagnosisWatch(kube::Transport& transport, const std::string& node_name,
                 OnDiagnosis on_diagnosis);
  DiagnosisWatch(const DiagnosisWatch&) = delete;
  DiagnosisWatch& operator=(const DiagnosisWatch&) = delete;

 private:
  void Run(const std::stop_token& stop) const;

  kube::Transport& transport_;
  const std::string target_;
  const OnDiagnosis on_diagnosis_;
  std::jthread thread_;
};

}  // namespace kubediag::bench
