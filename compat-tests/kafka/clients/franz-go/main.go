// franz-go and its admin client kadm: every codec, groups that rebalance, transactions read, processed and written.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	. "sluice/compat/gosteps"
)

var (
	ctx, _ = context.WithTimeout(context.Background(), 5*time.Minute)
	run    = strconv.FormatInt(time.Now().UnixNano(), 36)
	topic  = "franz-" + run
	start  = time.Now().Add(-time.Hour).Truncate(time.Millisecond) // within what a topic keeps
	admin  = kadm.NewClient(newClient())
)

func newClient(more ...kgo.Opt) *kgo.Client {
	options := []kgo.Opt{kgo.SeedBrokers(os.Getenv("KAFKA_SERVER")), kgo.FetchMaxWait(500 * time.Millisecond)}
	if user := os.Getenv("KAFKA_USER"); user != "" {
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: os.Getenv("KAFKA_PASSWORD")}.AsSha256Mechanism()))
	}
	return Must(kgo.NewClient(append(options, more...)...))
}

func create(name string, partitions int32) {
	Must(admin.CreateTopic(ctx, partitions, 1, nil, name))
}

// take reads `count` records; a client that is stuck ends the step.
func take(client *kgo.Client, count int) (out []*kgo.Record) {
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for len(out) < count {
		fetches := client.PollFetches(limit)
		if err := fetches.Err(); err != nil {
			Fail("after %d of %d records: %v", len(out), count, err)
		}
		out = append(out, fetches.Records()...)
	}
	return out
}

func numbers(records []*kgo.Record) (out []int) {
	for _, each := range records {
		out = append(out, Must(strconv.Atoi(string(each.Value))))
	}
	return out
}

func span(from, until int) (out []int) {
	for each := from; each < until; each++ {
		out = append(out, each)
	}
	return out
}

func sameNumbers(what string, got, expected []int) {
	if !slices.Equal(got, expected) {
		Fail("%s: expected %v, got %v", what, expected, got)
	}
}

func send(client *kgo.Client, to string, from, until int) {
	var records []*kgo.Record
	for each := from; each < until; each++ {
		records = append(records, &kgo.Record{Topic: to, Value: []byte(strconv.Itoa(each)), Partition: int32(each % 4)})
	}
	Done(client.ProduceSync(ctx, records...).FirstErr())
}

func topics() {
	create(topic, 2)
	_, err := admin.CreateTopic(ctx, 1, 1, nil, topic)
	Same("a second one", errors.Is(err, kerr.TopicAlreadyExists), true)
	Must(admin.UpdatePartitions(ctx, 3, topic))
	details := Must(admin.ListTopics(ctx, topic))
	Same("partitions", len(details[topic].Partitions), 3)
	value := "7200000"
	Done(Must(admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}, topic))[0].Err)
	for _, each := range Must(admin.DescribeTopicConfigs(ctx, topic))[0].Configs {
		if each.Key == "retention.ms" {
			Same("retention.ms", each.MaybeValue(), value)
		}
	}
	metadata := Must(admin.BrokerMetadata(ctx))
	Same("brokers", len(metadata.Brokers), 1)
	if len(Must(admin.DescribeBrokerConfigs(ctx, metadata.Brokers[0].NodeID))[0].Configs) < 100 {
		Fail("not every configuration of the broker")
	}
	versions := Must(admin.ApiVersions(ctx))
	broker := versions[metadata.Brokers[0].NodeID]
	if most, named := broker.KeyMaxVersion(0); !named || most < 13 {
		Fail("produce is not at its newest version")
	}
}

func roundTrip(name string, codec kgo.CompressionCodec) {
	to := topic + "-" + name
	create(to, 1)
	producer := newClient(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(20*time.Millisecond))
	defer producer.Close()
	var records []*kgo.Record
	for i := range 1000 {
		records = append(records, &kgo.Record{
			Topic: to, Key: fmt.Appendf(nil, "key %d", i), Value: Pattern(200+i, name),
			Headers: []kgo.RecordHeader{{Key: "number", Value: []byte(strconv.Itoa(i))}}, Timestamp: start.Add(time.Duration(i) * time.Millisecond)})
	}
	Done(producer.ProduceSync(ctx, records...).FirstErr())
	reader := newClient(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{to: {0: kgo.NewOffset().AtStart()}}))
	defer reader.Close()
	for i, each := range take(reader, 1000) {
		Same("offset", each.Offset, int64(i))
		SameBytes("key", each.Key, records[i].Key)
		SameBytes("value", each.Value, records[i].Value)
		SameBytes("header", each.Headers[0].Value, records[i].Headers[0].Value)
		Same("time", each.Timestamp.UnixMilli(), records[i].Timestamp.UnixMilli())
	}
	found, _ := Must(admin.ListOffsetsAfterMilli(ctx, start.UnixMilli()+500, to)).Lookup(to, 0)
	Same("offset by time", found.Offset, 500)
	newest, _ := Must(admin.ListMaxTimestampOffsets(ctx, to)).Lookup(to, 0)
	Same("offset of the newest", newest.Offset, 999)
	middle := newClient(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{to: {0: kgo.NewOffset().At(777)}}))
	defer middle.Close()
	Same("in the middle of a batch", take(middle, 1)[0].Offset, 777)
}

func groups(balancer kgo.GroupBalancer) {
	to, group := topic+"-group-"+balancer.ProtocolName(), "group-"+balancer.ProtocolName()+run
	create(to, 4)
	assigned := map[*kgo.Client]*int{}
	member := func() *kgo.Client {
		count := new(int)
		add := func(_ context.Context, _ *kgo.Client, parts map[string][]int32) { *count += len(parts[to]) }
		remove := func(_ context.Context, _ *kgo.Client, parts map[string][]int32) { *count -= len(parts[to]) }
		client := newClient(kgo.ConsumerGroup(group), kgo.ConsumeTopics(to), kgo.Balancers(balancer), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond),
			kgo.BlockRebalanceOnPoll(), kgo.OnPartitionsAssigned(add), kgo.OnPartitionsRevoked(remove), kgo.OnPartitionsLost(remove))
		assigned[client] = count
		return client
	}
	poll := func(client *kgo.Client, count int) (out []*kgo.Record) {
		out = take(client, count)
		client.AllowRebalance()
		return out
	}
	one, two := member(), member()
	defer one.Close()
	settle := func(parts map[*kgo.Client]int) {
		for limit := time.Now().Add(time.Minute); ; {
			enough := true
			for each, count := range parts {
				short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
				if len(each.PollFetches(short).Records()) > 0 {
					Fail("records before there were any")
				}
				cancel()
				enough = enough && *assigned[each] == count
				each.AllowRebalance()
			}
			if enough {
				return
			}
			if time.Now().After(limit) {
				Fail("not assigned within a minute")
			}
		}
	}
	settle(map[*kgo.Client]int{one: 2, two: 2})
	Same("members", len(Must(admin.DescribeGroups(ctx, group))[group].Members), 2)
	producer := newClient(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer producer.Close()
	send(producer, to, 0, 400)
	got := numbers(append(poll(one, 200), poll(two, 200)...))
	slices.Sort(got)
	sameNumbers("both", got, span(0, 400))
	Done(one.CommitUncommittedOffsets(ctx))
	Done(two.CommitUncommittedOffsets(ctx))
	two.Close()
	settle(map[*kgo.Client]int{one: 4})
	send(producer, to, 400, 440)
	got = numbers(poll(one, 40))
	slices.Sort(got)
	sameNumbers("the one that is left", got, span(400, 440))
	Done(one.CommitUncommittedOffsets(ctx))
	lag := Must(admin.Lag(ctx, group))[group]
	Same("lag", lag.Lag.Total(), 0)
	offset, _ := Must(admin.FetchOffsets(ctx, group)).Lookup(to, 3)
	Same("committed", offset.At, 110)
}

func transactions() {
	to, from, group := topic+"-transactions", topic+"-from", "transactions-"+run
	create(to, 1)
	create(from, 4)
	producer := newClient(kgo.TransactionalID("id-"+run), kgo.DefaultProduceTopic(to))
	for number := range 6 {
		Done(producer.BeginTransaction())
		for each := range 10 {
			producer.Produce(ctx, kgo.StringRecord(strconv.Itoa(number*10+each)), nil)
		}
		Done(producer.Flush(ctx))
		Done(producer.EndTransaction(ctx, kgo.TransactionEndTry(number%2 == 0)))
	}
	read := func(level kgo.IsolationLevel, count int) []int {
		reader := newClient(kgo.FetchIsolationLevel(level), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{to: {0: kgo.NewOffset().AtStart()}}))
		defer reader.Close()
		return numbers(take(reader, count))
	}
	sameNumbers("committed", read(kgo.ReadCommitted(), 30), slices.Concat(span(0, 10), span(20, 30), span(40, 50)))
	sameNumbers("all", read(kgo.ReadUncommitted(), 60), span(0, 60))
	second := newClient(kgo.TransactionalID("id-"+run), kgo.DefaultProduceTopic(to))
	Done(second.BeginTransaction())
	Done(second.ProduceSync(ctx, kgo.StringRecord("60")).FirstErr())
	Done(second.EndTransaction(ctx, kgo.TryCommit))
	second.Close()
	Done(producer.BeginTransaction())
	err := producer.ProduceSync(ctx, kgo.StringRecord("61")).FirstErr()
	if !errors.Is(err, kerr.InvalidProducerEpoch) && !errors.Is(err, kerr.ProducerFenced) {
		Fail("the older producer: %v", err)
	}
	producer.CloseAllowingRebalance()
	states := Must(admin.DescribeTransactions(ctx, "id-"+run))
	Same("state", states["id-"+run].State, "CompleteCommit")

	plain := newClient(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	send(plain, from, 0, 1000)
	plain.Close()
	session := func() *kgo.GroupTransactSession {
		options := []kgo.Opt{kgo.SeedBrokers(os.Getenv("KAFKA_SERVER")), kgo.TransactionalID("session-" + run), kgo.ConsumerGroup(group),
			kgo.ConsumeTopics(from), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.RequireStableFetchOffsets(), kgo.DefaultProduceTopic(to), kgo.SessionTimeout(6 * time.Second)}
		if user := os.Getenv("KAFKA_USER"); user != "" {
			options = append(options, kgo.SASL(scram.Auth{User: user, Pass: os.Getenv("KAFKA_PASSWORD")}.AsSha512Mechanism()))
		}
		return Must(kgo.NewGroupTransactSession(options...))
	}
	moved := 0
	for moved < 1000 { // a session for each 300: the next one goes on where the last one committed
		processor, target := session(), min(moved+300, 1000)
		for moved < target {
			limit, cancel := context.WithTimeout(ctx, time.Minute)
			records := processor.PollRecords(limit, 100).Records()
			cancel()
			if len(records) == 0 {
				Fail("only %d moved", moved)
			}
			Done(processor.Begin())
			for _, each := range records {
				processor.Produce(ctx, kgo.StringRecord(strconv.Itoa(1000+Must(strconv.Atoi(string(each.Value))))), nil)
			}
			if Must(processor.End(ctx, kgo.TryCommit)) {
				moved += len(records)
			}
		}
		processor.Close()
	}
	got := read(kgo.ReadCommitted(), 1031)[31:]
	slices.Sort(got)
	sameNumbers("moved", got, span(1000, 2000))
}

func rest() {
	name := topic + "-none"
	deleted := Must(admin.DeleteRecords(ctx, kadm.Offsets{name: {0: {Topic: name, Partition: 0, At: 400}}}))
	low, _ := deleted.Lookup(name, 0)
	Same("low watermark", low.LowWatermark, 400)
	principal := "User:" + os.Getenv("KAFKA_USER")
	acl := kadm.NewACLs().Topics(name).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpRead).Allow(principal).AllowHosts("*")
	if principal != "User:" {
		Done(Must(admin.CreateACLs(ctx, acl))[0].Err)
		described := Must(admin.DescribeACLs(ctx, kadm.NewACLs().Topics(name).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpRead).Allow(principal).AllowHosts()))
		Same("ACLs", len(described[0].Described), 1)
		Same("deleted", len(Must(admin.DeleteACLs(ctx, acl))[0].Deleted), 1)
	}
	directories := Must(admin.DescribeAllLogDirs(ctx, kadm.TopicsSet{name: {0: {}}}))
	size := int64(0)
	directories.Each(func(each kadm.DescribedLogDir) { size += each.Size() })
	Same("it has a size", size > 0, true)
	epoch := Must(admin.OffsetForLeaderEpoch(ctx, kadm.OffsetForLeaderEpochRequest{name: {0: 0}}))
	Same("end offset of the epoch", epoch[name][0].EndOffset, 1000)
	Must(admin.ListPartitionReassignments(ctx, kadm.TopicsSet{name: {0: {}}}))
	for _, each := range Must(admin.ListTopics(ctx)).Names() {
		if len(each) >= len(topic) && each[:len(topic)] == topic {
			Must(admin.DeleteTopic(ctx, each))
		}
	}
}

func main() {
	Step("topics, configurations, versions", topics)
	for _, each := range []struct {
		name  string
		codec kgo.CompressionCodec
	}{{"none", kgo.NoCompression()}, {"gzip", kgo.GzipCompression()}, {"snappy", kgo.SnappyCompression()},
		{"lz4", kgo.Lz4Compression()}, {"zstd", kgo.ZstdCompression()}} {
		Step("round trip, "+each.name+", keys, headers, times", func() { roundTrip(each.name, each.codec) })
	}
	Step("a group of two, range: one leaves, the other goes on", func() { groups(kgo.RangeBalancer()) })
	Step("a group of two, cooperative: one leaves, the other goes on", func() { groups(kgo.CooperativeStickyBalancer()) })
	Step("transactions: committed, aborted, fenced, read-process-write", transactions)
	Step("records deleted, ACLs, directories, epochs, topics deleted", rest)
	admin.Close()
}
