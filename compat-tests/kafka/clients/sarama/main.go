// sarama, by its default protocol version and its newest: every codec, groups, transactions, its admin client.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"

	. "sluice/compat/gosteps"
)

var (
	server  = []string{os.Getenv("KAFKA_SERVER")}
	run     = strconv.FormatInt(time.Now().UnixNano(), 36)
	topic   = "sarama-" + run
	start   = time.Now().Add(-time.Hour).Truncate(time.Millisecond) // within what a topic keeps
	release sarama.KafkaVersion
	admin   sarama.ClusterAdmin
)

func config() *sarama.Config {
	out := sarama.NewConfig()
	out.Version = release
	out.Producer.Return.Successes = true
	out.Producer.RequiredAcks = sarama.WaitForAll
	out.Producer.Partitioner = sarama.NewManualPartitioner
	out.Consumer.Offsets.Initial = sarama.OffsetOldest
	out.Consumer.Offsets.AutoCommit.Enable = false
	out.Consumer.Group.Session.Timeout = 6 * time.Second
	out.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	if user := os.Getenv("KAFKA_USER"); user != "" {
		out.Net.SASL.Enable = true
		out.Net.SASL.User, out.Net.SASL.Password = user, os.Getenv("KAFKA_PASSWORD")
	}
	return out
}

func create(name string, partitions int32) {
	Done(admin.CreateTopic(name, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false))
}

func read(settings *sarama.Config, name string, from int64, count int) (out []*sarama.ConsumerMessage) {
	consumer := Must(sarama.NewConsumer(server, settings))
	defer consumer.Close()
	partition := Must(consumer.ConsumePartition(name, 0, from))
	defer partition.Close()
	limit := time.After(time.Minute)
	for len(out) < count {
		select {
		case each := <-partition.Messages():
			out = append(out, each)
		case <-limit:
			Fail("only %d of %d messages", len(out), count)
		}
	}
	return out
}

func topics() {
	create(topic, 2)
	err := admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false)
	Same("a second one", errors.Is(err, sarama.ErrTopicAlreadyExists), true)
	Done(admin.CreatePartitions(topic, 3, nil, false))
	Same("partitions", len(Must(admin.DescribeTopics([]string{topic}))[0].Partitions), 3)
	value := "7200000"
	Done(admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{
		"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}}, false))
	for _, each := range Must(admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})) {
		if each.Name == "retention.ms" {
			Same("retention.ms", each.Value, value)
		}
	}
	brokers, _, err := admin.DescribeCluster()
	Done(err)
	Same("brokers", len(brokers), 1)
}

func roundTrip(codec sarama.CompressionCodec) {
	to := topic + "-" + codec.String()
	create(to, 1)
	settings := config()
	settings.Producer.Compression = codec
	settings.Producer.Idempotent = true
	settings.Net.MaxOpenRequests = 1
	producer := Must(sarama.NewSyncProducer(server, settings))
	defer producer.Close()
	var messages []*sarama.ProducerMessage
	for i := range 1000 {
		messages = append(messages, &sarama.ProducerMessage{
			Topic: to, Key: sarama.StringEncoder(fmt.Sprint("key ", i)), Value: sarama.ByteEncoder(Pattern(200+i, codec.String())),
			Headers: []sarama.RecordHeader{{Key: []byte("number"), Value: []byte(strconv.Itoa(i))}}, Timestamp: start.Add(time.Duration(i) * time.Millisecond)})
	}
	Done(producer.SendMessages(messages))
	for i, each := range read(config(), to, sarama.OffsetOldest, 1000) {
		Same("offset", each.Offset, int64(i))
		Same("key", string(each.Key), fmt.Sprint("key ", i))
		SameBytes("value", each.Value, Pattern(200+i, codec.String()))
		Same("header", string(each.Headers[0].Value), strconv.Itoa(i))
		Same("time", each.Timestamp.UnixMilli(), start.UnixMilli()+int64(i))
	}
	client := Must(sarama.NewClient(server, config()))
	defer client.Close()
	Same("offset by time", Must(client.GetOffset(to, 0, start.UnixMilli()+500)), 500)
	Same("end", Must(client.GetOffset(to, 0, sarama.OffsetNewest)), 1000)
	Same("in the middle of a batch", read(config(), to, 777, 1)[0].Offset, 777)
}

// member is one of a group: what it reads it commits at once.
type member struct {
	group  sarama.ConsumerGroup
	cancel context.CancelFunc
	ended  sync.WaitGroup
	claims chan int
	values chan int
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	count := 0
	for _, each := range session.Claims() {
		count += len(each)
	}
	m.claims <- count
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for each := range claim.Messages() {
		session.MarkMessage(each, "a note")
		session.Commit()
		m.values <- Must(strconv.Atoi(string(each.Value)))
	}
	return nil
}

func newMember(name, group string, values chan int) *member {
	out := &member{group: Must(sarama.NewConsumerGroup(server, group, config())), claims: make(chan int, 100), values: values}
	ctx, cancel := context.WithCancel(context.Background())
	out.cancel = cancel
	out.ended.Go(func() {
		for ctx.Err() == nil && out.group.Consume(ctx, []string{name}, out) == nil {
		}
	})
	return out
}

func (m *member) until(count int) {
	for limit := time.After(time.Minute); ; {
		select {
		case each := <-m.claims:
			if each == count {
				return
			}
		case <-limit:
			Fail("it was not given %d partitions", count)
		}
	}
}

func (m *member) leave() {
	m.cancel()
	m.ended.Wait()
	m.group.Close()
}

func take(values chan int, from, until int) {
	var got []int
	for limit := time.After(time.Minute); len(got) < until-from; {
		select {
		case each := <-values:
			got = append(got, each)
		case <-limit:
			Fail("only %d of %d", len(got), until-from)
		}
	}
	slices.Sort(got)
	for i, each := range got {
		Same("value", each, from+i)
	}
}

func groups() {
	to, group, values := topic+"-group", "group-"+run, make(chan int, 1000)
	create(to, 4)
	one := newMember(to, group, values)
	defer one.leave()
	one.until(4)
	two := newMember(to, group, values)
	one.until(2)
	two.until(2)
	Same("members", len(Must(admin.DescribeConsumerGroups([]string{group}))[0].Members), 2)
	producer := Must(sarama.NewSyncProducer(server, config()))
	defer producer.Close()
	send := func(from, until int) {
		var messages []*sarama.ProducerMessage
		for each := from; each < until; each++ {
			messages = append(messages, &sarama.ProducerMessage{Topic: to, Partition: int32(each % 4), Value: sarama.StringEncoder(strconv.Itoa(each))})
		}
		Done(producer.SendMessages(messages))
	}
	send(0, 400)
	take(values, 0, 400)
	two.leave()
	one.until(4)
	send(400, 440)
	take(values, 400, 440)
	offsets := Must(admin.ListConsumerGroupOffsets(group, map[string][]int32{to: {0, 1, 2, 3}}))
	for partition := range int32(4) {
		Same("committed", offsets.Blocks[to][partition].Offset, 110)
		Same("metadata", offsets.Blocks[to][partition].Metadata, "a note")
	}
	if _, there := Must(admin.ListConsumerGroups())[group]; !there {
		Fail("not listed")
	}
}

func transactions() {
	to, group := topic+"-transactions", "transactions-"+run
	create(to, 1)
	settings := config()
	settings.Producer.Idempotent = true
	settings.Net.MaxOpenRequests = 1
	settings.Producer.Transaction.ID = "id-" + run + release.String()
	producer := Must(sarama.NewAsyncProducer(server, settings))
	for number := range 6 {
		Done(producer.BeginTxn())
		for each := range 10 {
			producer.Input() <- &sarama.ProducerMessage{Topic: to, Value: sarama.StringEncoder(strconv.Itoa(number*10 + each))}
		}
		for range 10 {
			select {
			case <-producer.Successes():
			case err := <-producer.Errors():
				Fail("%v", err)
			}
		}
		if number == 4 {
			Done(producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{to: {{Partition: 0, Offset: 30}}}, group))
		}
		if number%2 == 0 {
			Done(producer.CommitTxn())
		} else {
			Done(producer.AbortTxn())
		}
	}
	Done(producer.Close())
	committed := config()
	committed.Consumer.IsolationLevel = sarama.ReadCommitted
	for i, each := range read(committed, to, sarama.OffsetOldest, 30) {
		Same("committed", string(each.Value), strconv.Itoa(i/10*20+i%10))
	}
	Same("all", len(read(config(), to, sarama.OffsetOldest, 60)), 60)
	offsets := Must(admin.ListConsumerGroupOffsets(group, map[string][]int32{to: {0}}))
	Same("offset in the transaction", offsets.Blocks[to][0].Offset, 30)
}

func rest() {
	name := topic + "-none"
	Done(admin.DeleteRecords(name, map[int32]int64{0: 400}))
	client := Must(sarama.NewClient(server, config()))
	defer client.Close()
	Same("low watermark", Must(client.GetOffset(name, 0, sarama.OffsetOldest)), 400)
	if user := os.Getenv("KAFKA_USER"); user != "" {
		Done(admin.CreateACL(sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: name, ResourcePatternType: sarama.AclPatternLiteral},
			sarama.Acl{Principal: "User:" + user, Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow}))
		filter := sarama.AclFilter{ResourceType: sarama.AclResourceTopic, ResourceName: &name, ResourcePatternTypeFilter: sarama.AclPatternLiteral,
			Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny, Version: 1}
		Same("ACLs", len(Must(admin.ListAcls(filter))[0].Acls), 1)
		Same("deleted", len(Must(admin.DeleteACL(filter, false))), 1)
	}
	if len(Must(admin.DescribeLogDirs([]int32{1}))[1]) == 0 {
		Fail("no directory")
	}
	for each := range Must(admin.ListTopics()) {
		if strings.HasPrefix(each, topic) {
			Done(admin.DeleteTopic(each))
		}
	}
}

func main() {
	base := topic
	for _, each := range []struct {
		name    string
		version sarama.KafkaVersion
	}{{"its default version", sarama.DefaultVersion}, {"its newest version", sarama.MaxVersion}} {
		release = each.version
		topic, run = base+each.version.String(), run+"x"
		admin = Must(sarama.NewClusterAdmin(server, config()))
		named := " (" + each.name + ")"
		Step("topics, configurations"+named, topics)
		for codec := sarama.CompressionNone; codec <= sarama.CompressionZSTD; codec++ {
			Step("round trip, "+codec.String()+", keys, headers, times"+named, func() { roundTrip(codec) })
		}
		Step("a group of two: one leaves, the other goes on"+named, groups)
		Step("transactions: committed, aborted, offsets within"+named, transactions)
		Step("records deleted, ACLs, directories, topics deleted"+named, rest)
		admin.Close()
	}
}
