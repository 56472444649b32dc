// franz-go behind the common command line.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"moldau/compat/lines"
)

const callLimit = 30 * time.Second

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

type client struct{}

func main() { lines.Main(client{}) }

func withAdmin(address string, do func(context.Context, *kadm.Client) error) error {
	connected, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		return err
	}
	defer connected.Close()
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	return do(ctx, kadm.NewClient(connected))
}

func (client) Create(address, topic string, partitions int32) error {
	return withAdmin(address, func(ctx context.Context, admin *kadm.Client) error {
		_, err := admin.CreateTopic(ctx, partitions, -1, nil, topic)
		return err
	})
}

func (client) Delete(address, topic string) error {
	return withAdmin(address, func(ctx context.Context, admin *kadm.Client) error {
		_, err := admin.DeleteTopic(ctx, topic)
		return err
	})
}

func (client) Produce(address, topic, codec string, records []lines.Record) error {
	producer, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(codecs[codec]),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer producer.Close()
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	batch := make([]*kgo.Record, len(records))
	for i, record := range records {
		batch[i] = &kgo.Record{Topic: topic, Partition: record.Partition, Key: record.Key,
			Value: record.Value, Timestamp: time.UnixMilli(record.Timestamp)}
		for _, header := range record.Headers {
			batch[i].Headers = append(batch[i].Headers,
				kgo.RecordHeader{Key: header.Name, Value: header.Value})
		}
	}
	if err := producer.ProduceSync(ctx, batch...).FirstErr(); err != nil {
		return err
	}
	for number, record := range batch {
		lines.Acknowledged(number, record.Partition, record.Offset)
	}
	return nil
}

func partitionsOf(_ context.Context, _ *kgo.Client, topics map[string][]int32) (all []int32) {
	for _, partitions := range topics {
		all = append(all, partitions...)
	}
	return all
}

func (client) Group(ctx context.Context, address, topic, group string) error {
	revoked := func(ctx context.Context, member *kgo.Client, topics map[string][]int32) {
		lines.Revoked(partitionsOf(ctx, member, topics))
	}
	member, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(lines.SessionTimeout), kgo.RebalanceTimeout(lines.RebalanceTimeout),
		kgo.HeartbeatInterval(lines.HeartbeatInterval),
		kgo.RetryBackoffFn(func(int) time.Duration { return lines.Backoff }),
		kgo.WithLogger(kgo.BasicLogger(os.Stderr, kgo.LogLevelWarn, nil)),
		kgo.OnPartitionsAssigned(
			func(ctx context.Context, member *kgo.Client, topics map[string][]int32) {
				lines.Assigned(partitionsOf(ctx, member, topics))
			}),
		kgo.OnPartitionsRevoked(revoked), kgo.OnPartitionsLost(revoked))
	if err != nil {
		return err
	}
	// Leaves the group. CloseAllowingRebalance, as a poll may have blocked rebalances.
	defer member.CloseAllowingRebalance()
	for ctx.Err() == nil {
		fetches := member.PollFetches(ctx)
		fetches.EachError(func(_ string, partition int32, err error) {
			if !errors.Is(err, context.Canceled) {
				log.Printf("partition %d: %v", partition, err)
			}
		})
		read := fetches.Records()
		for _, record := range read {
			lines.Read(recordOf(record))
		}
		if err := commit(member, read); err != nil {
			return err
		}
		member.AllowRebalance()
	}
	return nil
}

// commit commits what was read, whatever else ends meanwhile.
func commit(member *kgo.Client, read []*kgo.Record) error {
	if len(read) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	if err := member.CommitRecords(ctx, read...); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	next := map[int32]int64{}
	for _, record := range read {
		next[record.Partition] = record.Offset + 1
	}
	for partition, offset := range next {
		lines.Committed(partition, offset)
	}
	return nil
}

func recordOf(read *kgo.Record) lines.Record {
	record := lines.Record{Partition: read.Partition, Offset: read.Offset,
		Timestamp: read.Timestamp.UnixMilli(), Key: read.Key, Value: read.Value}
	for _, header := range read.Headers {
		record.Headers = append(record.Headers, lines.Header{Name: header.Key, Value: header.Value})
	}
	return record
}

func (client) Timestamp(address, topic string, millis int64) error {
	return withAdmin(address, func(ctx context.Context, admin *kadm.Client) error {
		// For a time after the last record this answers with the end; ours is then -1.
		found, err := admin.ListOffsetsAfterMilli(ctx, millis, topic)
		if err != nil {
			return err
		}
		ends, err := admin.ListEndOffsets(ctx, topic)
		if err != nil {
			return err
		}
		from := map[int32]kgo.Offset{}
		found.Each(func(place kadm.ListedOffset) {
			end, _ := ends.Lookup(topic, place.Partition)
			if place.Offset >= end.Offset {
				lines.At(place.Partition, -1)
				return
			}
			lines.At(place.Partition, place.Offset)
			from[place.Partition] = kgo.NewOffset().At(place.Offset)
		})
		if err := errors.Join(found.Error(), ends.Error()); err != nil || len(from) == 0 {
			return err
		}
		return readFirst(ctx, address, topic, from)
	})
}

// readFirst reads one record of each partition.
func readFirst(ctx context.Context, address, topic string, from map[int32]kgo.Offset) error {
	reader, err := kgo.NewClient(kgo.SeedBrokers(address),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		return err
	}
	defer reader.Close()
	for len(from) > 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			if _, wanted := from[record.Partition]; wanted {
				lines.Read(recordOf(record))
				delete(from, record.Partition)
			}
		}
	}
	return nil
}
