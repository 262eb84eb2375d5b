// Names as SQL text: quote_identifier and quote_literal, which live with the types' text tools.
#pragma once

#include "protocols/sql/types/text_tools.hpp"
