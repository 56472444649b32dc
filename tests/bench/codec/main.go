// franz-go's codec on the messages of src/protocol/codec_bench.cc, one line each: name, ns, bytes.
package main

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const recordsBytes = 1024

type message interface {
	MaxVersion() int16
	SetVersion(int16)
	AppendTo([]byte) []byte
	ReadFrom([]byte) error
}

func records() []byte {
	bytes := make([]byte, recordsBytes)
	for i := range bytes {
		bytes[i] = byte(i * 31)
	}
	return bytes
}

var topicID = [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}

func produceRequest(partitions int) message {
	request := kmsg.NewPtrProduceRequest()
	request.Acks, request.TimeoutMillis = -1, 30_000
	topic := kmsg.NewProduceRequestTopic()
	topic.TopicID = topicID
	for i := range partitions {
		partition := kmsg.NewProduceRequestTopicPartition()
		partition.Partition, partition.Records = int32(i), records()
		topic.Partitions = append(topic.Partitions, partition)
	}
	request.Topics = append(request.Topics, topic)
	return request
}

func fetchResponse(partitions int) message {
	response := kmsg.NewPtrFetchResponse()
	response.SessionID = 7
	topic := kmsg.NewFetchResponseTopic()
	topic.TopicID = topicID
	for i := range partitions {
		partition := kmsg.NewFetchResponseTopicPartition()
		partition.Partition, partition.RecordBatches = int32(i), records()
		partition.HighWatermark, partition.LastStableOffset = int64(1_000_000+i), int64(1_000_000+i)
		partition.LogStartOffset = 0
		topic.Partitions = append(topic.Partitions, partition)
	}
	response.Topics = append(response.Topics, topic)
	return response
}

func metadataResponse(partitions int) message {
	response := kmsg.NewPtrMetadataResponse()
	for id := int32(1); id <= 3; id++ {
		broker := kmsg.NewMetadataResponseBroker()
		broker.NodeID, broker.Host, broker.Port = id, "broker.example.org", 9092
		response.Brokers = append(response.Brokers, broker)
	}
	name := "a.topic.with.a.name.of.the.usual.length"
	for range 100 {
		topic := kmsg.NewMetadataResponseTopic()
		topic.Topic = &name
		for i := range partitions / 100 {
			partition := kmsg.NewMetadataResponseTopicPartition()
			partition.Partition, partition.Leader = int32(i), 1
			partition.Replicas, partition.ISR = []int32{1, 2, 3}, []int32{1, 2, 3}
			topic.Partitions = append(topic.Partitions, partition)
		}
		response.Topics = append(response.Topics, topic)
	}
	return response
}

func measure(what string, original message, empty func() message) {
	original.SetVersion(original.MaxVersion())
	frame := original.AppendTo(nil)
	encode := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			frame = original.AppendTo(nil)
		}
	})
	decode := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			decoded := empty()
			decoded.SetVersion(original.MaxVersion())
			if err := decoded.ReadFrom(frame); err != nil {
				b.Fatal(err)
			}
		}
	})
	fmt.Printf("encode/%s\t%d\t%d\n", what, encode.NsPerOp(), len(frame))
	fmt.Printf("decode/%s\t%d\t%d\n", what, decode.NsPerOp(), len(frame))
}

func main() {
	produce := func() message { return kmsg.NewPtrProduceRequest() }
	fetch := func() message { return kmsg.NewPtrFetchResponse() }
	metadata := func() message { return kmsg.NewPtrMetadataResponse() }
	measure("Produce/partitions:1", produceRequest(1), produce)
	measure("Produce/partitions:100", produceRequest(100), produce)
	measure("FetchResponse/partitions:100", fetchResponse(100), fetch)
	measure("MetadataResponse/partitions:10000", metadataResponse(10_000), metadata)
}
