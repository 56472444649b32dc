// Package lines is the text that the programs of this folder read and write (../../README.md), and
// their common command line.
package lines

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What every member of a group uses.
const (
	SessionTimeout    = 10 * time.Second
	RebalanceTimeout  = 10 * time.Second
	HeartbeatInterval = 300 * time.Millisecond
	Backoff           = 100 * time.Millisecond
)

// Header of a record. A nil Value is null.
type Header struct {
	Name  string
	Value []byte
}

// Record as it is sent or was read; nil is null. Timestamp is in milliseconds.
type Record struct {
	Partition  int32
	Offset     int64
	Timestamp  int64
	Key, Value []byte
	Headers    []Header
}

// Client is what a program does with its library. An error ends the program.
type Client interface {
	Create(address, topic string, partitions int32) error
	Delete(address, topic string) error
	// Produce calls acknowledged for each record, with its number, in any order.
	Produce(address, topic, codec string, records []Record) error
	// Group reads as a member of the group until the context ends, then leaves.
	Group(ctx context.Context, address, topic, group string) error
	Timestamp(address, topic string, millis int64) error
}

var (
	out   = bufio.NewWriterSize(os.Stdout, 1<<16)
	mutex sync.Mutex
)

func say(flush bool, format string, arguments ...any) {
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Fprintf(out, format+"\n", arguments...)
	if flush {
		out.Flush()
	}
}

// Acknowledged says where a record is.
func Acknowledged(number int, partition int32, offset int64) {
	say(false, "%d %d %d", number, partition, offset)
}

// Assigned says which partitions have come.
func Assigned(partitions []int32) { owned("assigned", partitions) }

// Revoked says which partitions have gone.
func Revoked(partitions []int32) { owned("revoked", partitions) }

func owned(what string, partitions []int32) {
	if len(partitions) == 0 {
		return
	}
	words := make([]string, len(partitions))
	for i, partition := range partitions {
		words[i] = strconv.Itoa(int(partition))
	}
	say(true, "%s %s", what, strings.Join(words, ","))
}

// Committed says that the coordinator has confirmed an offset.
func Committed(partition int32, offset int64) { say(true, "committed %d %d", partition, offset) }

// At says which offset belongs to the time that was asked for; -1: none.
func At(partition int32, offset int64) { say(false, "at %d %d", partition, offset) }

// Read says that a record was read.
func Read(record Record) {
	headers := make([]string, len(record.Headers))
	for i, header := range record.Headers {
		headers[i] = hex.EncodeToString([]byte(header.Name)) + ":" + field(header.Value)
	}
	say(true, "record\t%d\t%d\t%d\t%s\t%s\t%s", record.Partition, record.Offset,
		record.Timestamp, field(record.Key), field(record.Value), strings.Join(headers, ","))
}

func field(value []byte) string {
	if value == nil {
		return "-"
	}
	return hex.EncodeToString(value)
}

func value(field string) ([]byte, error) {
	if field == "-" {
		return nil, nil
	}
	bytes, err := hex.DecodeString(field)
	if bytes == nil {
		bytes = []byte{}
	}
	return bytes, err
}

func parse(line string) (record Record, err error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 6 {
		return record, fmt.Errorf("%d fields, want 6", len(fields))
	}
	partition, err := strconv.ParseInt(fields[0], 10, 32)
	if err != nil {
		return record, err
	}
	record.Partition = int32(partition)
	if record.Timestamp, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return record, err
	}
	if record.Key, err = value(fields[3]); err != nil {
		return record, err
	}
	if record.Value, err = value(fields[4]); err != nil {
		return record, err
	}
	for _, one := range strings.Split(fields[5], ",") {
		if one == "" {
			continue
		}
		name, rest, _ := strings.Cut(one, ":")
		decoded, err := hex.DecodeString(name)
		if err != nil {
			return record, err
		}
		header := Header{Name: string(decoded)}
		if header.Value, err = value(rest); err != nil {
			return record, err
		}
		record.Headers = append(record.Headers, header)
	}
	return record, nil
}

func readRecords() (records []Record, err error) {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 4<<20)
	for scanner.Scan() {
		record, err := parse(string(bytes.TrimRight(scanner.Bytes(), "\n")))
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, scanner.Err()
}

// Main runs the verb of the command line and ends the process.
func Main(client Client) {
	err := run(client, os.Args[1:])
	mutex.Lock()
	out.Flush()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(client Client, arguments []string) error {
	if len(arguments) < 3 {
		return fmt.Errorf("usage: VERB ADDRESS TOPIC ...")
	}
	verb, address, topic, rest := arguments[0], arguments[1], arguments[2], arguments[3:]
	if verb == "delete" {
		return client.Delete(address, topic)
	}
	if len(rest) != 1 {
		return fmt.Errorf("%s takes one more argument", verb)
	}
	switch verb {
	case "create":
		partitions, err := strconv.ParseInt(rest[0], 10, 32)
		if err != nil {
			return err
		}
		return client.Create(address, topic, int32(partitions))
	case "produce":
		records, err := readRecords()
		if err != nil {
			return err
		}
		return client.Produce(address, topic, rest[0], records)
	case "timestamp":
		millis, err := strconv.ParseInt(rest[0], 10, 64)
		if err != nil {
			return err
		}
		return client.Timestamp(address, topic, millis)
	case "group":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := client.Group(ctx, address, topic, rest[0]); err != nil {
			return err
		}
		say(true, "left")
		return nil
	}
	return fmt.Errorf("no verb %q", verb)
}
