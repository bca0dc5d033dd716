#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/services/call_services.hpp"
#include "rtpproxy/services/recording_channel.hpp"
#include "rtpproxy/services/recording_tap.hpp"
#include "rtpproxy/session/session.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Begins and finds recordings of one session's parties; the rules of the commands `R` and `C name`.
///
/// Lives for one command, on the session's shard. What it refers to must outlive the session.
class session_recorder {
  public:
    session_recorder(session& owner, call_services& services, recording_channel& channel, time_point now)
        : owner_(owner), services_(services), channel_(channel), now_(now) {}

    /// `R` (`Rs` with `one_file`): records what `party` sends. A party that is recorded already stays as it
    /// is. `one_file` takes effect in pcap files only; sound is in one file anyway.
    /// @returns whether the party is recorded; false, too, if it was already and `one_file` takes effect.
    bool record(side party, bool one_file);

    /// `C name` (`Cs`): the same under a name of the controller's choice, beside other recordings of the
    /// party, up to `most_recordings`.
    bool record_as(side party, std::string_view name, bool one_file);

    /// Records both parties from the beginning, whatever is known of the disk (`--record-all`).
    void record_all();

    static constexpr std::size_t most_recordings = 4;  ///< of one party at a time

  private:
    [[nodiscard]] recording_tap* tap_of(side party) const noexcept;
    [[nodiscard]] recording_order order_for(side party, std::string stem, bool one_file) const;
    [[nodiscard]] recording_order order_by_session(side party, bool one_file) const;
    [[nodiscard]] recording_number number_beside(side party) const;
    [[nodiscard]] bool in_one_file(bool asked) const noexcept;
    [[nodiscard]] bool has(side party, const running_recording& recording) const noexcept;
    [[nodiscard]] std::shared_ptr<running_recording> to_join(side party, std::string_view stem) const;
    [[nodiscard]] std::shared_ptr<running_recording> take_over(std::shared_ptr<recording> begun);
    bool begin(side party, recording_order order, bool insist);
    bool begin_or_join(side party, recording_order order, std::string_view stem, bool insist);
    void attach(side party, std::shared_ptr<running_recording> recording);

    session& owner_;
    call_services& services_;
    recording_channel& channel_;
    time_point now_;
};

}  // namespace rtpproxy
