// Reasons the controller has for the end of a Diagnosis, and of condition Ready of an OperationSet.
#pragma once

namespace kubediag::controller {

inline constexpr char kReasonNodeLost[] = "NodeLost";
inline constexpr char kReasonNodeNotNamed[] = "NodeNotNamed";  // neither nodeName nor podReference
inline constexpr char kReasonPodNotFound[] = "PodNotFound";
inline constexpr char kReasonPodNotScheduled[] = "PodNotScheduled";

inline constexpr char kReasonGraphValid[] = "GraphValid";
inline constexpr char kReasonGraphInvalid[] = "GraphInvalid";
inline constexpr char kReasonUnreadable[] = "Unreadable";  // what the definitions let pass

// Of Events; DiagnosisFailed is KubeDiag 0.2's.
inline constexpr char kEventNodeAssigned[] = "NodeAssigned";
inline constexpr char kEventNodeNotAssigned[] = "NodeNotAssigned";
inline constexpr char kEventDiagnosisFailed[] = "DiagnosisFailed";

}  // namespace kubediag::controller
