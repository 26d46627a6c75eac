// Every cap, interval and back-off of the engine in one table, so that a reader can judge them side
// by side.
//
// Sizes are bytes, counts are counts. What an administrator may change at run time is a field of
// Limits; what the code relies on is a constant.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kubediag {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;

// Objects and their files.
inline constexpr size_t kMaxManifestBytes = 64 * kMiB;   // one file given with -f
inline constexpr int kMaxManifestDepth = 64;             // nesting of YAML or JSON
inline constexpr size_t kMaxManifestValues = 8'000'000;  // scalars, lists and maps of one document
inline constexpr size_t kMaxManifestAliasBytes = 4 * kMiB;  // what YAML aliases expand to
inline constexpr size_t kMaxManifestDiagnostics = 1000;     // reported for one file
inline constexpr size_t kMaxObjectNameBytes = 253;          // metadata.name (RFC 1123 subdomain)
inline constexpr size_t kMaxParameters = 4096;              // spec.parameters of a Diagnosis
inline constexpr size_t kMaxParameterBytes = 256 * kKiB;    // one value of them
inline constexpr size_t kMaxAdjacencyList = 1'000'000;  // nodes of an OperationSet in local mode
inline constexpr size_t kMaxListedPaths = 64;           // status.paths, status.failedPaths
inline constexpr size_t kMaxStatusBytes = 512 * kKiB;   // a whole serialised status

// Results of operations.
inline constexpr size_t kMaxResultKeyBytes = 253;
inline constexpr size_t kMaxResultKeys = 4096;              // one run of one operation
inline constexpr size_t kMaxResultValueBytes = 64 * kMiB;   // a value, wherever it ends
inline constexpr size_t kMaxRunResultBytes = 128 * kMiB;    // all values of one run
inline constexpr size_t kMaxStatusValueBytes = 16 * kKiB;   // beyond it a value becomes an artifact
inline constexpr size_t kMaxStatusResultBytes = 32 * kKiB;  // all values in status.operationResults
inline constexpr size_t kMaxMessageBytes = 4 * kKiB;        // a failure message
inline constexpr size_t kMaxStateBytes = 64 * kKiB;         // state for restore()

// Runs and their journals.
inline constexpr size_t kMaxDiagnosisResultBytes = 256 * kMiB;  // all values of one Diagnosis
inline constexpr size_t kMaxJournalBytes = 256 * kMiB;          // beyond it no results are taken
inline constexpr size_t kMaxJournalReserveBytes = 16 * kMiB;    // above that, for short records
inline constexpr size_t kMaxSyncedFiles = 16;       // values saved at once; more: one sync for all
inline constexpr size_t kMaxListedArtifacts = 256;  // status.artifacts
inline constexpr uint64_t kMaxRunArtifactBytes = 8192 * uint64_t{kMiB};  // digested after one run
inline constexpr int kMaxInterruptedAttempts = 4;         // restarts that one operation may see
inline constexpr int kMaxStatusConflicts = 8;             // tries against other writers of a status
inline constexpr seconds kStatusWriteTimeout{60};         // tries while the store does not answer
inline constexpr milliseconds kStatusRetryFirst{100};     // back-off, doubled …
inline constexpr milliseconds kStatusRetryLongest{5000};  // … up to this
inline constexpr seconds kViewerEndRetryLongest{30};      // until the end of a page can be told
inline constexpr seconds kMaxViewerLinger{30 * 24 * 3600};
inline constexpr seconds kRestoreTimeout{30};  // until a restored viewer answers

// What is kept under the data root.
inline constexpr uint64_t kDataRootQuota = 10'240 * uint64_t{kMiB};  // artifacts and journals
inline constexpr std::chrono::hours kMaxRunAge{7 * 24};              // runs/<uid> that has ended
inline constexpr size_t kMaxRuns = 1000;                             // of them
inline constexpr std::chrono::hours kMaxUnfinishedRunAge{90 * 24};   // that may be resumed
inline constexpr std::chrono::minutes kMinRemovableAge{30};          // nothing younger is removed
inline constexpr std::chrono::minutes kSweepInterval{10};
inline constexpr size_t kMaxSweptEntries = 1'000'000;    // looked at in one folder
inline constexpr size_t kMaxSweptNameBytes = 16 * kMiB;  // of folders of it, still to be looked at
inline constexpr size_t kMaxPodFolders = 100'000;        // of one operation, in one sweep

// Processes.
inline constexpr size_t kMaxFrameBytes = 1 * kMiB;       // one frame of the host protocol
inline constexpr size_t kMaxJobBytes = 320 * kMiB;       // all parameters, settings and secrets
inline constexpr size_t kMaxDescriptorBytes = 4 * kMiB;  // a module's declaration
inline constexpr size_t kMaxStderrTailBytes = 4 * kKiB;  // kept of an operation's standard error
inline constexpr size_t kMaxLogBytesPerSecond =
    64 * kKiB;                                     // an operation's standard error in our log
inline constexpr double kLogLinesPerSecond = 100;  // likewise, its own log lines included
inline constexpr double kLogLineBurst = 1000;      // at once, after a rest
inline constexpr std::chrono::minutes kLogReportInterval{10};  // of what is not shown
inline constexpr milliseconds kHostCheckInterval{2000};  // whether a module has closed the protocol
inline constexpr milliseconds kHostEofGrace{2000};       // closed protocol → end of the process
inline constexpr milliseconds kTermGrace{2000};          // TERM → KILL
inline constexpr seconds kDescribeTimeout{10};           // reading a module's descriptor
inline constexpr milliseconds kOrphanTimeout{2000};      // killing what a run has left behind
inline constexpr seconds kDefaultOperationTimeout{60};
inline constexpr std::chrono::hours kMaxLinger{24 * 365};  // of an operation that serves

// Modules.
inline constexpr size_t kMaxTableBytes = 64 * kKiB;  // struct_size of a module's table
inline constexpr size_t kMaxOperationsOfModule = 64;
inline constexpr size_t kMaxDeclaredParameters = 256;  // of one operation
inline constexpr size_t kMaxDeclaredSecrets = 16;      // of one operation
inline constexpr size_t kMaxChoices = 256;             // of one parameter; data keys of one Secret
inline constexpr size_t kMaxDocBytes = 4 * kKiB;
inline constexpr size_t kMaxRelativePathBytes = 1024;  // of an artifact or its folder
inline constexpr size_t kMaxModuleBytes = 256 * kMiB;
inline constexpr size_t kMaxModules = 1024;
inline constexpr milliseconds kCatalogSettle{50};      // after the last inotify event
inline constexpr milliseconds kCatalogMaxSettle{300};  // in a folder that never rests
inline constexpr seconds kCatalogRetry{30};  // a module whose description failed for want of means
inline constexpr seconds kCatalogPoll{1};    // between scans where inotify is not to be had
inline constexpr seconds kFileTimeGranularity{2};  // a file time this young may still repeat itself
inline constexpr seconds kMetricsFileInterval{10};       // of `kubediag run --watch --metrics-file`
inline constexpr std::chrono::hours kModuleCopyAge{24};  // unused copies are kept this long

// The HTTP server (defaults of http::ServerOptions).
inline constexpr size_t kMaxHttpHeaderBytes = 16 * kKiB;
inline constexpr size_t kMaxHttpBodyBytes = 64 * kKiB;
inline constexpr size_t kMaxHttpConnections = 128;
inline constexpr size_t kMaxHttpRequestsPerConnection = 10'000;
inline constexpr size_t kMaxHttpRatedPeers = 1024;     // peers whose rate is counted one by one
inline constexpr double kHttpRequestsPerSecond = 100;  // a forwarded port makes many users one peer
inline constexpr double kHttpRequestBurst = 400;
inline constexpr milliseconds kHttpHeaderTimeout{10'000};
inline constexpr milliseconds kHttpBodyTimeout{30'000};
inline constexpr milliseconds kHttpIdleTimeout{60'000};
inline constexpr milliseconds kHttpWriteTimeout{30'000};
inline constexpr milliseconds kHttpHandleTimeout{60'000};
inline constexpr milliseconds kHttpLingerTimeout{1000};  // reading on after the last answer
inline constexpr milliseconds kHttpStopGrace{1000};

inline constexpr unsigned kMaxConcurrentOperations = 64;  // --max-concurrent

// Configuration and credentials of a Kubernetes client.
inline constexpr size_t kMaxKubeconfigBytes = 16 * kMiB;     // one file
inline constexpr size_t kMaxKubeconfigDepth = 32;            // nesting, aliases followed
inline constexpr size_t kMaxKubeconfigValues = 500'000;      // and keys that merges bring in
inline constexpr size_t kMaxKubeconfigFiles = 64;            // named by KUBECONFIG
inline constexpr size_t kMaxCredentialBytes = 1 * kMiB;      // a token, certificate or key file
inline constexpr size_t kMaxExecConfigBytes = 256 * kKiB;    // a cluster's text for its plugin
inline constexpr size_t kMaxExecCredentialBytes = 1 * kMiB;  // what a plugin prints
inline constexpr size_t kMaxExecErrorBytes = 1 * kKiB;       // of its standard error, in messages
inline constexpr seconds kTokenFilePeriod{60};          // a token file is re-read after this …
inline constexpr seconds kTokenFileLeeway{10};          // … less this
inline constexpr seconds kClientCertificatePeriod{60};  // between looks at its files
inline constexpr seconds kExecCredentialLeeway{10};     // a plugin's answer is renewed early
inline constexpr seconds kExecPluginTimeout{60};
inline constexpr seconds kExecPluginInteractiveTimeout{600};  // somebody types a password

// Watching the API server.
inline constexpr size_t kMaxWatchEventBytes = 4 * kMiB;     // etcd stores no more than 1.5 MiB
inline constexpr size_t kMaxServerMessageBytes = 1 * kKiB;  // of a Status that is quoted
inline constexpr size_t kMaxListPages = 10'000;
inline constexpr seconds kListPageTimeout{60};
inline constexpr seconds kWatchTimeout{600};      // a watch lasts half of it to all, at random
inline constexpr seconds kWatchStartTimeout{30};  // until a watch is answered at all
inline constexpr seconds kWatchIdleGrace{30};     // silence beyond timeoutSeconds: the peer is gone
// A watch that ends sooner, and before half of its time, is not followed by another one at once:
// something on the way ends them all.
inline constexpr seconds kShortWatch{30};
inline constexpr unsigned kShortWatchesBeforeList = 5;
inline constexpr milliseconds kWatchRetryFirst{800};  // back-off, doubled …
inline constexpr seconds kWatchRetryLongest{30};      // … up to this, jitter added …
inline constexpr seconds kWatchRetryReset{120};       // … and forgotten after as long in health
inline constexpr seconds kMaxRetryAfter{300};         // believed of a server
inline constexpr milliseconds kKeyRetryFirst{5};      // a key that failed, doubled …
// … up to this, however long an outage was: with a try that fails, work goes on within a minute.
inline constexpr seconds kKeyRetryLongest{30};
inline constexpr milliseconds kRetryTurn{100};  // between retries of all keys together …
inline constexpr unsigned kRetryBurst = 100;    // … after so many at once

// Electing the controller that works.
inline constexpr seconds kLeaseDuration{15};
inline constexpr seconds kLeaseRenewDeadline{10};
inline constexpr seconds kLeaseRetryPeriod{2};
inline constexpr seconds kMaxLeaseDuration{3600};  // believed of another's lease
inline constexpr seconds kLeaseReleaseTimeout{5};

// Requests to the API server.
inline constexpr double kApiRequestsPerSecond =
    50;                                          // of one process, beside the server's own rules
inline constexpr double kApiRequestBurst = 300;  // thirty Diagnoses at once, eight requests each
inline constexpr seconds kApiCallTimeout{60};    // one call, all its tries
inline constexpr seconds kApiTryTimeout{30};     // one try of them
static_assert(kKeyRetryLongest + kApiTryTimeout <= seconds(60));
inline constexpr milliseconds kApiRetryFirst{200};         // back-off, doubled with jitter …
inline constexpr milliseconds kApiRetryLongest{10'000};    // … up to this
inline constexpr int kMaxUnauthorizedTries = 5;            // a server may fail to look a token up
inline constexpr size_t kApiListLimit = 500;               // objects a page
inline constexpr size_t kMaxApiResponseBytes = 64 * kMiB;  // one answer …
inline constexpr size_t kMaxListPageBytes = 8 * kMiB;  // … a page of a list: parsed as a whole …
inline constexpr size_t kMaxRefusalBytes = 1 * kMiB;   // … and one to a watch that is none
inline constexpr seconds kApiAuthorityInterval{30};    // between looks at the CA's file
inline constexpr milliseconds kApiCancelGrace{1000};   // for the library to let go
inline constexpr size_t kApiHttpThreads = 4;           // of the library's pool
inline constexpr size_t kMaxRememberedStatusBytes = 8 * kMiB;  // what status writes differ from
inline constexpr seconds kStatusSettleTimeout{5};  // reading what became of a status write
inline constexpr int kMaxUnknownOutcomes = 3;      // of one status write before it is given up

// kubectl kubediag.
inline constexpr seconds kInteractiveCallTimeout{15};  // one call to the API server: a person waits
inline constexpr seconds kForwardTimeout{30};          // for kubectl port-forward to listen
inline constexpr seconds kPageTimeout{60};             // without a byte of a page's answer
inline constexpr uint64_t kMaxPageFileBytes = 1024 * uint64_t{kMiB};
inline constexpr size_t kMaxForwardLineBytes = 4 * kKiB;  // of what kubectl port-forward prints

// Events.
inline constexpr size_t kMaxQueuedEvents = 1000;    // more are dropped
inline constexpr size_t kMaxEventNoteBytes = 1024;  // events.k8s.io/v1
inline constexpr double kEventsPerSecond = 5;       // sent by one process
inline constexpr double kEventBurst = 60;
inline constexpr seconds kEventSeriesQuiet{360};     // a series ends after so long without one
inline constexpr seconds kEventSeriesRefresh{1800};  // a series is written at least so often
inline constexpr size_t kMaxEventSeries = 1024;      // remembered
inline constexpr seconds kEventTryTimeout{10};
inline constexpr seconds kEventDrainTimeout{3};  // for what is queued at the end

// The agent.
inline constexpr seconds kObstacleTimeout{30};          // for an OperationSet to come
inline constexpr milliseconds kObstacleInterval{1000};  // between looks
inline constexpr seconds kPlaceIntervalMost{10};  // between looks for a page's place, later on
inline constexpr unsigned kRestoreWorkers = 2;    // pages served again at once after a start
inline constexpr milliseconds kAnnounceInterval{1000};  // between looks at what waits
inline constexpr seconds kQueuedAfter{2};               // waiting that long is worth a condition
inline constexpr seconds kHeartbeatInterval{60};
// Writes about what waits, beside all other requests: ten thousand have had theirs, one by one,
// before the controller would take the first for lost.
inline constexpr double kAnnouncementsPerSecond = 40;
inline constexpr double kAnnouncementBurst = 80;
inline constexpr size_t kMaxReasonLabels = 64;  // of a metric; further reasons are "Other"
inline constexpr seconds kStuckAfter{300};      // without a step the agent counts as stuck
// Of a watch: a peer that has vanished without a word is found out before the controller gives up
// what the agent has not heard of.
inline constexpr seconds kAgentWatchTimeout{200};
inline constexpr seconds kForeignClaimTimeout{150};  // unchanged as long, another agent is dead
inline constexpr seconds kAgentEndGrace{5};          // for what the API server is still to be told

// The controller.
inline constexpr seconds kPodTimeout{30};               // for a Pod to exist and have a node
inline constexpr milliseconds kPodIntervalLeast{1000};  // between looks at it …
inline constexpr milliseconds kPodIntervalMost{5000};   // … later on
inline constexpr size_t kAssignmentWorkers = 2;
inline constexpr milliseconds kLossInterval{5000};  // between looks for what is lost
inline constexpr seconds kSilenceTimeout{300};  // unchanged as long, its agent counts as lost …
static_assert(kAgentWatchTimeout + kWatchIdleGrace + kWatchStartTimeout + 2 * kQueuedAfter +
                  seconds(10) <
              kSilenceTimeout);
static_assert(2 * kHeartbeatInterval < kForeignClaimTimeout &&
              kForeignClaimTimeout < kSilenceTimeout);
inline constexpr seconds kNoNodeTimeout{75};  // … or as this if there is no such node: no heartbeat
inline constexpr seconds kNodeAskedAfter{10};       // unchanged as long, its node is looked for
inline constexpr seconds kNodeMemory{20};           // an answer about a node is believed as long
inline constexpr size_t kMaxKnownNodes = 20'000;    // of which answers are remembered
inline constexpr seconds kContactTimeout{150};      // nothing heard: all of that is reckoned anew
inline constexpr seconds kCollectionInterval{600};  // at most, see CollectionInterval()
inline constexpr size_t kMaxCollectedAtOnce = 2000;
inline constexpr double kCollectionRequestsPerSecond = 10;  // so that assignments need not wait
inline constexpr double kCollectionRequestBurst = 20;

// What an administrator may set.
struct Limits {
  unsigned concurrent_operations = 4;
  unsigned live_viewers = 32;
  size_t run_memory_bytes = 1024 * kMiB;     // RLIMIT_AS of one operation
  uint64_t run_file_bytes = 4096ULL * kMiB;  // RLIMIT_FSIZE
  unsigned run_descriptors = 256;            // RLIMIT_NOFILE
  seconds run_cpu{0};                        // RLIMIT_CPU; 0 is none
  seconds progress_interval{10};             // between status writes of a long run
};

}  // namespace kubediag
