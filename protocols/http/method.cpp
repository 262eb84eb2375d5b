#include "protocols/http/method.hpp"

namespace sluice::http {

method method_of(std::string_view token) noexcept {
    if (token == "GET") return method::get;
    if (token == "HEAD") return method::head;
    if (token == "PUT") return method::put;
    if (token == "POST") return method::post;
    if (token == "DELETE") return method::delete_;
    if (token == "OPTIONS") return method::options;
    if (token == "PATCH") return method::patch;
    return method::other;
}

std::string_view name_of(method value) noexcept {
    switch (value) {
        case method::get: return "GET";
        case method::head: return "HEAD";
        case method::put: return "PUT";
        case method::post: return "POST";
        case method::delete_: return "DELETE";
        case method::options: return "OPTIONS";
        case method::patch: return "PATCH";
        case method::other: return "OTHER";
    }
    return "OTHER";
}

}  // namespace sluice::http
