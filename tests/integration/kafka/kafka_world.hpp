// A Kafka front over a real guard and engine: requests are encoded by the schemas' own codecs, sent
// as raw frames over a memory stream, and their answers taken apart. One I/O thread: the calling
// one. The clock of sessions is real; tests wait on answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <vector>

#include "protocols/kafka/coordinator/group_coordinator.hpp"
#include "protocols/kafka/coordinator/transaction_coordinator.hpp"
#include "protocols/kafka/kafka_session.hpp"
#include "protocols/kafka/wire/frame.hpp"
#include "tests/integration/kafka/kafka_messages.hpp"
#include "tests/support/memory_stream.hpp"
#include "tests/unit/auth/guard_world.hpp"

namespace sluice::kafka {

// One request frame.
template <class Request>
std::string frame_of(Request const& request, int version, std::int32_t correlation = 7) {
    auto const* row = find_api(api_of<Request>::key);
    wire_writer body;
    encode(body, request, version);
    std::string header;
    byte_writer out(header);
    out.big(row->key).big(static_cast<std::int16_t>(version)).big(correlation);
    out.big(std::int16_t{4}).raw("test");
    if (row->is_flexible(static_cast<std::int16_t>(version))) out.varint(0);
    std::string text;
    for (auto const& piece : body.pieces()) text.append(piece.bytes);
    std::string all;
    byte_writer(all).big(static_cast<std::int32_t>(header.size() + text.size()));
    return all + header + text;
}

// The answer to one request; its views point into `frame`.
template <class Request>
typename api_of<Request>::response answer_in(std::string_view frame, int version) {
    auto const* row = find_api(api_of<Request>::key);
    std::size_t head = 4;
    if (row->is_flexible(static_cast<std::int16_t>(version)) && row->key != api_key::api_versions)
        head = 5;
    wire_reader in(frame.substr(head), 100'000);
    return api_of<Request>::decode_response(in, version).value();
}

class kafka_world : public auth::guard_world {
public:
    explicit kafka_world(
        bool real = false, auth::guard_options guard = {},
        test_support::sim_schedule writes = test_support::sim_schedule::inline_completion);
    ~kafka_world();

    kafka_options front;
    std::string user = "root", password = auth::root_password;
    std::size_t read_piece = SIZE_MAX;  // the server's reads return at most this many bytes

    // Frames of a login, then these; the answers after the login's, without their lengths.
    std::vector<std::string> converse(std::vector<std::string> const& frames);
    // Raw bytes, then the end of our direction; everything that came back.
    std::string exchange(std::string bytes);
    std::string login_frames() const;
    static std::vector<std::string> cut_frames(std::string_view bytes);

    template <class Request>
    typename api_of<Request>::response ask(Request const& request, int version) {
        auto const answers = converse({frame_of(request, version)});
        if (answers.size() != 1) throw std::runtime_error("the connection was closed");
        return answer_in<Request>(kept_.emplace_back(answers[0]), version);
    }

    group_coordinator& groups() { return *groups_; }
    transaction_coordinator& transactions() { return *transactions_; }
    transaction_options transaction_rules;  // taken by restart_all
    boost::asio::io_context& context() { return context_; }
    // What a session needs; for conversations that a test runs itself.
    kafka_services services();
    void restart_all();

    void make_topic(std::string name, std::int32_t partitions = 1,
                    std::vector<std::pair<std::string, std::string>> configs = {});
    // As version 9, one batch; the first error and the base offset.
    struct produced {
        error_code error = error_code::none;
        std::int64_t offset = -1;
    };
    produced produce(std::string topic, std::string const& batch, int version = 9,
                     std::int16_t acks = -1);
    // As version 12; the bytes of partition 0.
    struct fetched {
        error_code error = error_code::none;
        std::int64_t high_watermark = -1;
        std::string bytes;
    };
    fetched fetch(std::string topic, std::int64_t offset, std::int32_t max_bytes = 1 << 20,
                  std::int32_t max_wait = 0);

private:
    void start_groups();

    boost::asio::io_context context_;
    memory_allowance memory_{64 * mebibyte};
    std::unique_ptr<group_coordinator> groups_;
    std::unique_ptr<transaction_coordinator> transactions_;
    std::deque<std::string> kept_;
};

// One batch for partition 0; `batch` is kept by the caller.
produce_request produce_of(std::string topic, std::string const& batch, std::int16_t acks = -1);
// A batch with these values, created now.
std::string batch_of(std::vector<std::string> const& values);
// The same by a producer.
std::string batch_of(std::vector<std::string> const& values, std::int64_t producer,
                     std::int16_t epoch, std::int32_t sequence);
// After a header was changed.
void renew_crc(std::string& batch);

}  // namespace sluice::kafka
