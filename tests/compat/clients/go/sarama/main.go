// IBM/sarama behind the common command line.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/IBM/sarama"

	"moldau/compat/lines"
)

const batchMax = 100

type client struct{}

func main() {
	sarama.Logger = log.New(os.Stderr, "", log.Ltime)
	lines.Main(client{})
}

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.Retry.Max = 100
	config.Metadata.Retry.Backoff = lines.Backoff
	return config
}

func withAdmin(address string, do func(sarama.ClusterAdmin) error) error {
	admin, err := sarama.NewClusterAdmin([]string{address}, settings())
	if err != nil {
		return err
	}
	defer admin.Close()
	return do(admin)
}

func (client) Create(address, topic string, partitions int32) error {
	return withAdmin(address, func(admin sarama.ClusterAdmin) error {
		wanted := &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}
		return admin.CreateTopic(topic, wanted, false)
	})
}

func (client) Delete(address, topic string) error {
	return withAdmin(address, func(admin sarama.ClusterAdmin) error {
		return admin.DeleteTopic(topic)
	})
}

func (client) Produce(address, topic, codec string, records []lines.Record) error {
	config := settings()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	if err := config.Producer.Compression.UnmarshalText([]byte(codec)); err != nil {
		return err
	}
	producer, err := sarama.NewSyncProducer([]string{address}, config)
	if err != nil {
		return err
	}
	defer producer.Close()
	messages := make([]*sarama.ProducerMessage, len(records))
	for i, record := range records {
		messages[i] = &sarama.ProducerMessage{Topic: topic, Partition: record.Partition,
			Key: encoder(record.Key), Value: encoder(record.Value),
			Timestamp: time.UnixMilli(record.Timestamp)}
		for _, header := range record.Headers {
			messages[i].Headers = append(messages[i].Headers,
				sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
		}
	}
	if err := producer.SendMessages(messages); err != nil {
		return err
	}
	for number, message := range messages {
		lines.Acknowledged(number, message.Partition, message.Offset)
	}
	return nil
}

func encoder(data []byte) sarama.Encoder {
	if data == nil {
		return nil
	}
	return sarama.ByteEncoder(data)
}

// member is the handler of a group's sessions. The library calls ConsumeClaim for each partition
// in a goroutine of its own.
type member struct {
	topic, group string
	admin        sarama.ClusterAdmin
}

func (client) Group(ctx context.Context, address, topic, group string) error {
	config := settings()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Session.Timeout = lines.SessionTimeout
	config.Consumer.Group.Heartbeat.Interval = lines.HeartbeatInterval
	config.Consumer.Group.Rebalance.Timeout = lines.RebalanceTimeout
	config.Consumer.Group.Rebalance.Retry.Backoff = lines.Backoff
	config.Consumer.Retry.Backoff = lines.Backoff
	consumer, err := sarama.NewConsumerGroup([]string{address}, group, config)
	if err != nil {
		return err
	}
	return withAdmin(address, func(admin sarama.ClusterAdmin) error {
		handler := &member{topic: topic, group: group, admin: admin}
		for ctx.Err() == nil {
			// Returns at every rebalance, and while the broker is away.
			if err := consumer.Consume(ctx, []string{topic}, handler); err != nil {
				log.Printf("consume: %v", err)
				pause(ctx, lines.Backoff)
			}
		}
		return consumer.Close()
	})
}

func pause(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	lines.Assigned(session.Claims()[m.topic])
	return nil
}

func (m *member) Cleanup(session sarama.ConsumerGroupSession) error {
	lines.Revoked(session.Claims()[m.topic])
	return nil
}

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession,
	claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			next := m.take(session, message)
			for count := 1; count < batchMax && len(claim.Messages()) > 0; count++ {
				if message, open = <-claim.Messages(); !open {
					break
				}
				next = m.take(session, message)
			}
			m.commit(session, claim.Partition(), next)
		case <-session.Context().Done():
			return nil
		}
	}
}

// take writes a record and marks it as processed; returns the next offset.
func (m *member) take(session sarama.ConsumerGroupSession, message *sarama.ConsumerMessage) int64 {
	lines.Read(recordOf(message))
	session.MarkMessage(message, "")
	return message.Offset + 1
}

// commit tries until it is done, or the session is over.
func (m *member) commit(session sarama.ConsumerGroupSession, partition int32, next int64) {
	for {
		session.Commit()
		err := m.confirm(partition, next)
		if err == nil {
			lines.Committed(partition, next)
			return
		}
		log.Printf("commit: %v", err)
		if session.Context().Err() != nil {
			return
		}
		pause(session.Context(), lines.Backoff)
	}
}

// confirm asks for the offset: the library's own commit does not say what came of it.
func (m *member) confirm(partition int32, next int64) error {
	answer, err := m.admin.ListConsumerGroupOffsets(m.group,
		map[string][]int32{m.topic: {partition}})
	if err != nil {
		return err
	}
	block := answer.GetBlock(m.topic, partition)
	if block == nil || block.Err != sarama.ErrNoError {
		return fmt.Errorf("no committed offset of partition %d: %+v", partition, block)
	}
	if block.Offset != next {
		return fmt.Errorf("partition %d is at %d, not at %d", partition, block.Offset, next)
	}
	return nil
}

func recordOf(message *sarama.ConsumerMessage) lines.Record {
	record := lines.Record{Partition: message.Partition, Offset: message.Offset,
		Timestamp: message.Timestamp.UnixMilli(), Key: message.Key, Value: message.Value}
	for _, header := range message.Headers {
		record.Headers = append(record.Headers,
			lines.Header{Name: string(header.Key), Value: header.Value})
	}
	return record
}

func (client) Timestamp(address, topic string, millis int64) error {
	connected, err := sarama.NewClient([]string{address}, settings())
	if err != nil {
		return err
	}
	defer connected.Close()
	consumer, err := sarama.NewConsumerFromClient(connected)
	if err != nil {
		return err
	}
	partitions, err := connected.Partitions(topic)
	if err != nil {
		return err
	}
	for _, partition := range partitions {
		offset, err := connected.GetOffset(topic, partition, millis)
		if err != nil {
			return err
		}
		lines.At(partition, offset)
		if offset < 0 {
			continue
		}
		reader, err := consumer.ConsumePartition(topic, partition, offset)
		if err != nil {
			return err
		}
		lines.Read(recordOf(<-reader.Messages()))
		if err := reader.Close(); err != nil {
			return err
		}
	}
	return nil
}
