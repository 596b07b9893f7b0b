// traceparent as W3C Trace Context (level 1) has it, read strictly.

#include <pz/web/trace.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace pz::web {

namespace {

TEST(Traceparent, is_read_and_written) {
    const std::string text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const auto caller = parse_traceparent(text);
    ASSERT_TRUE(caller);
    EXPECT_EQ(to_hex(caller->trace_id), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(to_hex(caller->span_id), "b7ad6b7169203331");
    EXPECT_TRUE(caller->sampled);
    EXPECT_EQ(caller->to_traceparent(), text);
    EXPECT_FALSE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")->sampled);
    // Unknown flags are passed over, and so is what a later version appends.
    EXPECT_TRUE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")->sampled);
    EXPECT_TRUE(parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
    EXPECT_TRUE(parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
}

TEST(Traceparent, is_refused_when_it_is_not_exactly_one) {
    for (const char* text :
         {"",
          "00",
          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",  // the version that is none
          "00-00000000000000000000000000000000-b7ad6b7169203331-01",  // no trace
          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",  // no span
          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",  // upper case
          "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
          "0A-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",    // too short
          "00-0af7651916cd43dd8448eb211c80319c1-b7ad6b7169203331-01",  // too long
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",  // version 00 ends here
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
          "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",  // no dash
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
          " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
          "00-0af7651916cd43dd8448eb211c80319c,b7ad6b7169203331-01"}) {
        EXPECT_FALSE(parse_traceparent(text)) << text;
    }
}

TEST(TraceContext, has_ids_of_its_own) {
    std::set<TraceContext::TraceId> traces;
    std::set<TraceContext::SpanId> spans;
    for (int i = 0; i < 1'000; ++i) {
        const TraceContext trace = new_trace();
        EXPECT_TRUE(parse_traceparent(trace.to_traceparent()));
        EXPECT_FALSE(trace.parent_id);
        traces.insert(trace.trace_id);
        spans.insert(child_of(trace).span_id);
    }
    EXPECT_EQ(traces.size(), 1'000U);
    EXPECT_EQ(spans.size(), 1'000U);
}

TEST(TraceContext, a_child_stays_in_its_callers_trace) {
    const TraceContext caller = *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    const TraceContext child = child_of(caller);
    EXPECT_EQ(child.trace_id, caller.trace_id);
    EXPECT_EQ(child.parent_id, caller.span_id);
    EXPECT_NE(child.span_id, caller.span_id);
    EXPECT_TRUE(child.sampled);
}

}  // namespace

}  // namespace pz::web
