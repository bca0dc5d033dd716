#pragma once

namespace rtpproxy {

/// Whether this kernel takes filters that return errors and kill processes.
[[nodiscard]] bool has_system_call_filters() noexcept;

/// What a filter allows besides what every start of the program needs.
struct filter_options {
    bool removing_files = false;
    bool writing_files = false;  ///< opening files for writing, and what goes with it
};

/// Limits all threads of the process to the system calls of a relay that has started; see enter_sandbox().
/// Throws startup_error.
void filter_system_calls(filter_options options);

}  // namespace rtpproxy
