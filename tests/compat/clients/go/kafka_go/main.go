// segmentio/kafka-go behind the common command line. The group is its ConsumerGroup, upon which its
// Reader builds: only that says which partitions are assigned.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/segmentio/kafka-go"

	"moldau/compat/lines"
)

const (
	callLimit = 30 * time.Second
	fetchWait = 200 * time.Millisecond
)

var codecs = map[string]kafka.Compression{
	"none":   0,
	"gzip":   kafka.Gzip,
	"snappy": kafka.Snappy,
	"lz4":    kafka.Lz4,
	"zstd":   kafka.Zstd,
}

var errorLog = log.New(os.Stderr, "", log.Ltime)

type client struct{}

func main() { lines.Main(client{}) }

func call(address string, do func(context.Context, *kafka.Client) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	return do(ctx, &kafka.Client{Addr: kafka.TCP(address)})
}

func (client) Create(address, topic string, partitions int32) error {
	return call(address, func(ctx context.Context, admin *kafka.Client) error {
		answer, err := admin.CreateTopics(ctx, &kafka.CreateTopicsRequest{
			Topics: []kafka.TopicConfig{
				{Topic: topic, NumPartitions: int(partitions), ReplicationFactor: 1},
			}})
		if err != nil {
			return err
		}
		return answer.Errors[topic]
	})
}

func (client) Delete(address, topic string) error {
	return call(address, func(ctx context.Context, admin *kafka.Client) error {
		answer, err := admin.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
		if err != nil {
			return err
		}
		return answer.Errors[topic]
	})
}

func (client) Produce(address, topic, codec string, records []lines.Record) error {
	producer := &kafka.Writer{
		Addr: kafka.TCP(address), Topic: topic, RequiredAcks: kafka.RequireAll,
		Compression: codecs[codec], BatchTimeout: 5 * time.Millisecond, ErrorLogger: errorLog,
		// The number of a record travels with it; acknowledgements come by batch.
		Balancer: kafka.BalancerFunc(func(message kafka.Message, _ ...int) int {
			return int(records[message.WriterData.(int)].Partition)
		}),
		Completion: func(messages []kafka.Message, err error) {
			for _, message := range messages {
				if err == nil {
					lines.Acknowledged(message.WriterData.(int), int32(message.Partition),
						message.Offset)
				}
			}
		},
	}
	messages := make([]kafka.Message, len(records))
	for i, record := range records {
		messages[i] = kafka.Message{Key: record.Key, Value: record.Value, WriterData: i,
			Time: time.UnixMilli(record.Timestamp)}
		for _, header := range record.Headers {
			messages[i].Headers = append(messages[i].Headers,
				kafka.Header{Key: header.Name, Value: header.Value})
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	return errors.Join(producer.WriteMessages(ctx, messages...), producer.Close())
}

func (client) Group(ctx context.Context, address, topic, group string) error {
	member, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: group, Brokers: []string{address}, Topics: []string{topic},
		HeartbeatInterval: lines.HeartbeatInterval, SessionTimeout: lines.SessionTimeout,
		RebalanceTimeout: lines.RebalanceTimeout, JoinGroupBackoff: lines.Backoff,
		StartOffset: kafka.FirstOffset, ErrorLogger: errorLog,
	})
	if err != nil {
		return err
	}
	for {
		generation, err := member.Next(ctx)
		if ctx.Err() != nil {
			return member.Close() // waits for the generation's functions, leaves the group
		}
		if err != nil {
			errorLog.Printf("next generation: %v", err)
			continue // it has waited JoinGroupBackoff
		}
		begin(generation, address, topic)
	}
}

// begin starts the functions of a generation; they end with it.
func begin(generation *kafka.Generation, address, topic string) {
	var partitions []int32
	for _, assignment := range generation.Assignments[topic] {
		partitions = append(partitions, int32(assignment.ID))
	}
	lines.Assigned(partitions)
	generation.Start(func(ctx context.Context) {
		<-ctx.Done()
		lines.Revoked(partitions)
	})
	for _, assignment := range generation.Assignments[topic] {
		generation.Start(func(ctx context.Context) {
			err := consume(ctx, generation, address, topic, assignment)
			if err != nil && ctx.Err() == nil {
				errorLog.Printf("partition %d: %v", assignment.ID, err)
			}
		})
	}
}

func reader(address, topic string, partition int, offset int64) (*kafka.Reader, error) {
	from := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{address}, Topic: topic,
		Partition: partition, MaxWait: fetchWait, MaxBytes: 1 << 20,
		ReadBackoffMin: lines.Backoff, ReadBackoffMax: lines.Backoff, ErrorLogger: errorLog})
	return from, from.SetOffset(offset)
}

// consume reads a partition until its generation ends. A commit that fails ends it: the next
// generation begins at what is committed.
func consume(ctx context.Context, generation *kafka.Generation, address, topic string,
	assignment kafka.PartitionAssignment) error {
	from, err := reader(address, topic, assignment.ID, assignment.Offset)
	if err != nil {
		return err
	}
	defer from.Close()
	for {
		message, err := from.FetchMessage(ctx)
		if err != nil {
			return err
		}
		lines.Read(recordOf(message))
		next := message.Offset + 1
		if err := generation.CommitOffsets(
			map[string]map[int]int64{topic: {assignment.ID: next}}); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		lines.Committed(int32(assignment.ID), next)
	}
}

func recordOf(message kafka.Message) lines.Record {
	record := lines.Record{Partition: int32(message.Partition), Offset: message.Offset,
		Timestamp: message.Time.UnixMilli(), Key: message.Key, Value: message.Value}
	for _, header := range message.Headers {
		record.Headers = append(record.Headers, lines.Header{Name: header.Key, Value: header.Value})
	}
	return record
}

func (client) Timestamp(address, topic string, millis int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	partitions, err := kafka.DefaultDialer.LookupPartitions(ctx, "tcp", address, topic)
	if err != nil {
		return err
	}
	for _, partition := range partitions {
		if err := first(ctx, address, topic, partition, time.UnixMilli(millis)); err != nil {
			return err
		}
	}
	return nil
}

func first(ctx context.Context, address, topic string, partition kafka.Partition,
	at time.Time) error {
	leader, err := kafka.DefaultDialer.DialPartition(ctx, "tcp", address, partition)
	if err != nil {
		return err
	}
	defer leader.Close()
	offset, err := leader.ReadOffset(at)
	if err != nil {
		return err
	}
	lines.At(int32(partition.ID), offset)
	if offset < 0 {
		return nil
	}
	from, err := reader(address, topic, partition.ID, offset)
	if err != nil {
		return err
	}
	defer from.Close()
	message, err := from.FetchMessage(ctx)
	if err != nil {
		return err
	}
	lines.Read(recordOf(message))
	return nil
}
