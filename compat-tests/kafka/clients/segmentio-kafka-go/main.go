// segmentio's kafka-go: its writers and readers, groups, and the calls of its client.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/scram"

	. "sluice/compat/gosteps"
)

var (
	server = os.Getenv("KAFKA_SERVER")
	run    = strconv.FormatInt(time.Now().UnixNano(), 36)
	topic  = "kafka-go-" + run
	start  = time.Now().Add(-time.Hour).Truncate(time.Millisecond) // within what a topic keeps
	login  = mechanism()
	wire   = &kafka.Transport{SASL: login, MetadataTTL: 100 * time.Millisecond} // it answers from what it asked before
	client = &kafka.Client{Addr: kafka.TCP(server), Transport: wire, Timeout: 30 * time.Second}
	ctx    = context.Background()
)

func mechanism() sasl.Mechanism {
	if user := os.Getenv("KAFKA_USER"); user != "" {
		return Must(scram.Mechanism(scram.SHA512, user, os.Getenv("KAFKA_PASSWORD")))
	}
	return nil
}

func create(name string, partitions int) {
	answer := Must(client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}}}))
	Done(answer.Errors[name])
}

func newReader(settings kafka.ReaderConfig) *kafka.Reader {
	settings.Brokers = []string{server}
	settings.Dialer = &kafka.Dialer{Timeout: 10 * time.Second, SASLMechanism: login}
	settings.MaxWait = 500 * time.Millisecond
	return kafka.NewReader(settings)
}

func read(reader *kafka.Reader, count int) (out []kafka.Message) {
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for len(out) < count {
		message, err := reader.FetchMessage(limit)
		if err != nil {
			Fail("after %d of %d messages: %v", len(out), count, err)
		}
		out = append(out, message)
	}
	return out
}

func numbers(messages []kafka.Message) (out []int) {
	for _, each := range messages {
		out = append(out, Must(strconv.Atoi(string(each.Value))))
	}
	slices.Sort(out)
	return out
}

func sameSpan(got []int, from, until int) {
	Same("count", len(got), until-from)
	for i, each := range got {
		Same("number", each, from+i)
	}
}

// until asks again for as long as a minute.
func until(what string, done func() bool) {
	for limit := time.Now().Add(time.Minute); !done(); {
		if time.Now().After(limit) {
			Fail("not within a minute: %s", what)
		}
	}
}

func write(writer *kafka.Writer, from, until int) {
	var messages []kafka.Message
	for each := from; each < until; each++ {
		messages = append(messages, kafka.Message{Value: []byte(strconv.Itoa(each))})
	}
	Done(writer.WriteMessages(ctx, messages...))
}

func topics() {
	create(topic, 2)
	again := Must(client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}}}))
	Same("a second one", errors.Is(again.Errors[topic], kafka.TopicAlreadyExists), true)
	more := Must(client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: 3}}}))
	Done(more.Errors[topic])
	until("3 partitions", func() bool {
		metadata := Must(client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}}))
		return len(metadata.Topics[0].Partitions) == 3
	})
	changed := Must(client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{Resources: []kafka.IncrementalAlterConfigsRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
		Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: "retention.ms", Value: "7200000", ConfigOperation: kafka.ConfigOperationSet}}}}}))
	Done(changed.Resources[0].Error)
	described := Must(client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{{
		ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}}}))
	for _, each := range described.Resources[0].ConfigEntries {
		if each.ConfigName == "retention.ms" {
			Same("retention.ms", each.ConfigValue, "7200000")
		}
	}
}

func roundTrip(name string, codec kafka.Compression) {
	to := topic + "-" + name
	create(to, 1)
	writer := &kafka.Writer{Addr: kafka.TCP(server), Topic: to, Transport: wire, Compression: codec, RequiredAcks: kafka.RequireAll, BatchSize: 1000, BatchTimeout: 20 * time.Millisecond}
	defer writer.Close()
	var messages []kafka.Message
	for i := range 1000 {
		messages = append(messages, kafka.Message{Key: fmt.Appendf(nil, "key %d", i), Value: Pattern(200+i, name),
			Headers: []kafka.Header{{Key: "number", Value: []byte(strconv.Itoa(i))}}, Time: start.Add(time.Duration(i) * time.Millisecond)})
	}
	Done(writer.WriteMessages(ctx, messages...))
	reader := newReader(kafka.ReaderConfig{Topic: to, Partition: 0})
	defer reader.Close()
	for i, each := range read(reader, 1000) {
		Same("offset", each.Offset, int64(i))
		SameBytes("key", each.Key, messages[i].Key)
		SameBytes("value", each.Value, messages[i].Value)
		SameBytes("header", each.Headers[0].Value, messages[i].Headers[0].Value)
		Same("time", each.Time.UnixMilli(), messages[i].Time.UnixMilli())
	}
	Done(reader.SetOffsetAt(ctx, start.Add(500*time.Millisecond)))
	Same("offset by time", read(reader, 1)[0].Offset, 500)
	Done(reader.SetOffset(777))
	Same("in the middle of a batch", read(reader, 1)[0].Offset, 777)
	listed := Must(client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		to: {kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0)}}}))
	Same("first", listed.Topics[to][0].FirstOffset, 0)
	Same("last", listed.Topics[to][0].LastOffset, 1000)
	var fetched *kafka.FetchResponse
	until("a fetch", func() (done bool) {
		var err error
		fetched, err = client.Fetch(ctx, &kafka.FetchRequest{Topic: to, Partition: 0, Offset: 998, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
		return err == nil
	})
	Done(fetched.Error)
	Same("high watermark", fetched.HighWatermark, 1000)
	for last := int64(0); ; {
		record, err := fetched.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			Same("the last one fetched", last, 999)
			break
		}
		Done(err)
		last = record.Offset
	}
}

func groups() {
	to, group := topic+"-group", "group-"+run
	create(to, 4)
	settings := kafka.ReaderConfig{GroupID: group, Topic: to, SessionTimeout: 6 * time.Second, HeartbeatInterval: 500 * time.Millisecond,
		RebalanceTimeout: 10 * time.Second, StartOffset: kafka.FirstOffset}
	one, two := newReader(settings), newReader(settings)
	defer one.Close()
	members := func(count int) {
		until(fmt.Sprint(count, " members"), func() bool {
			described := Must(client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{group}}))
			return described.Groups[0].GroupState == "Stable" && len(described.Groups[0].Members) == count
		})
	}
	members(2)
	writer := &kafka.Writer{Addr: kafka.TCP(server), Topic: to, Transport: wire, Balancer: &kafka.RoundRobin{}, RequiredAcks: kafka.RequireAll, BatchTimeout: 20 * time.Millisecond}
	defer writer.Close()
	write(writer, 0, 400)
	first, second := read(one, 200), read(two, 200)
	sameSpan(numbers(append(slices.Clone(first), second...)), 0, 400)
	Done(one.CommitMessages(ctx, first...))
	Done(two.CommitMessages(ctx, second...))
	two.Close()
	members(1)
	write(writer, 400, 440)
	rest := read(one, 40)
	sameSpan(numbers(rest), 400, 440)
	Done(one.CommitMessages(ctx, rest...))
	offsets := Must(client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{to: {0, 1, 2, 3}}}))
	sum := int64(0)
	for _, each := range offsets.Topics[to] {
		sum += each.CommittedOffset
	}
	Same("committed", sum, 440)
}

func rest() {
	if user := os.Getenv("KAFKA_USER"); user != "" {
		made := Must(client.CreateACLs(ctx, &kafka.CreateACLsRequest{ACLs: []kafka.ACLEntry{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ResourcePatternType: kafka.PatternTypeLiteral,
			Principal: "User:" + user, Host: "*", Operation: kafka.ACLOperationTypeRead, PermissionType: kafka.ACLPermissionTypeAllow}}}))
		Done(made.Errors[0])
		described := Must(client.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{
			ResourceTypeFilter: kafka.ResourceTypeTopic, ResourceNameFilter: topic, ResourcePatternTypeFilter: kafka.PatternTypeLiteral,
			Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny}}))
		Same("ACLs", len(described.Resources[0].ACLs), 1)
	}
	var names []string
	for _, each := range Must(client.Metadata(ctx, &kafka.MetadataRequest{})).Topics {
		if strings.HasPrefix(each.Name, topic) {
			names = append(names, each.Name)
		}
	}
	Same("topics", len(names), 7)
	for name, err := range Must(client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: names})).Errors {
		if err != nil {
			Fail("%s: %v", name, err)
		}
	}
}

func main() {
	Step("topics, configurations", topics)
	for _, each := range []struct {
		name  string
		codec kafka.Compression
	}{{"none", 0}, {"gzip", kafka.Gzip}, {"snappy", kafka.Snappy}, {"lz4", kafka.Lz4}, {"zstd", kafka.Zstd}} {
		Step("round trip, "+each.name+", keys, headers, times", func() { roundTrip(each.name, each.codec) })
	}
	Step("a group of two: one leaves, the other goes on", groups)
	Step("ACLs, topics deleted", rest)
}
