// Precompiled for all test programs, beside gateway/core/asio_pch.hpp. Only a build aid.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/print.hpp"
