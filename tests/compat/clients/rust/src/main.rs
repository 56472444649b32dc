//! rust-rdkafka behind the common command line.

mod lines;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, DeliveryResult, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use lines::Record;

const CALL_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
const BATCH_MAX: usize = 200;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["create", address, topic, partitions] => create(address, topic, partitions.parse()?),
        ["delete", address, topic] => delete(address, topic),
        ["produce", address, topic, codec] => produce(address, topic, codec),
        ["group", address, topic, group] => consume(address, topic, group),
        ["timestamp", address, topic, millis] => timestamp(address, topic, millis.parse()?),
        _ => Err("usage: VERB ADDRESS TOPIC ...".into()),
    }
}

fn config(address: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address);
    config
}

fn admin(address: &str) -> Result<AdminClient<DefaultClientContext>, KafkaError> {
    config(address).create()
}

fn create(address: &str, topic: &str, partitions: i32) -> Outcome {
    let wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(-1));
    for answer in block_on(admin(address)?.create_topics([&wanted], &AdminOptions::new()))? {
        answer.map_err(|(name, code)| format!("{name}: {code}"))?;
    }
    Ok(())
}

fn delete(address: &str, topic: &str) -> Outcome {
    for answer in block_on(admin(address)?.delete_topics(&[topic], &AdminOptions::new()))? {
        answer.map_err(|(name, code)| format!("{name}: {code}"))?;
    }
    Ok(())
}

/// Says where each record is as its answer comes. The opaque is the record's number.
#[derive(Default)]
struct Answers {
    failed: AtomicUsize,
}

impl ClientContext for Answers {}

impl ProducerContext for Answers {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        match result {
            Ok(message) => lines::acknowledged(number, message.partition(), message.offset()),
            Err((error, _)) => {
                eprintln!("record {number}: {error}");
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn produce(address: &str, topic: &str, codec: &str) -> Outcome {
    let producer: BaseProducer<Answers> = config(address)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("compression.type", codec)
        .set("linger.ms", "5")
        .create_with_context(Answers::default())?;
    for (number, record) in lines::records().into_iter().enumerate() {
        let mut headers = OwnedHeaders::new();
        for (name, value) in &record.headers {
            headers = headers.insert(Header {
                key: name,
                value: value.as_ref(),
            });
        }
        let mut message: BaseRecord<'_, Vec<u8>, Vec<u8>, usize> =
            BaseRecord::with_opaque_to(topic, number)
                .partition(record.partition)
                .timestamp(record.timestamp)
                .headers(headers);
        message.key = record.key.as_ref();
        message.payload = record.value.as_ref();
        producer.send(message).map_err(|(error, _)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(CALL_LIMIT)?;
    match producer.context().failed.load(Ordering::Relaxed) {
        0 => Ok(()),
        failed => Err(format!("{failed} records failed").into()),
    }
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map_or(Vec::new(), |headers| {
        headers
            .iter()
            .map(|one| (one.key.to_owned(), one.value.map(<[u8]>::to_vec)))
            .collect()
    });
    Record {
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis().unwrap_or(-1),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}

/// Says what a rebalance brings and takes: all there is, as the protocol is the eager one.
struct Member;

impl ClientContext for Member {}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(places) => lines::owned("assigned", &partitions(places)),
            Rebalance::Revoke(places) => lines::owned("revoked", &partitions(places)),
            Rebalance::Error(error) => eprintln!("rebalance: {error}"),
        }
    }
}

fn partitions(places: &TopicPartitionList) -> Vec<i32> {
    places
        .elements()
        .iter()
        .map(|place| place.partition())
        .collect()
}

fn consumer(address: &str, group: &str) -> Result<BaseConsumer<Member>, KafkaError> {
    config(address)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("session.timeout.ms", "10000")
        .set("max.poll.interval.ms", "30000")
        .set("heartbeat.interval.ms", "300")
        .set("fetch.wait.max.ms", "200")
        .set("reconnect.backoff.max.ms", "200")
        .create_with_context(Member)
}

fn consume(address: &str, topic: &str, group: &str) -> Outcome {
    let ending = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, ending.clone())?;
    let member = consumer(address, group)?;
    member.subscribe(&[topic])?;
    let mut uncommitted = HashMap::new();
    while !ending.load(Ordering::Relaxed) {
        // What is there, after waiting for the first.
        let mut wait = POLL;
        for _ in 0..BATCH_MAX {
            match member.poll(wait) {
                None => break,
                Some(Err(error)) => eprintln!("consume: {error}"), // it goes on by itself
                Some(Ok(message)) => {
                    lines::read(&record(&message));
                    uncommitted.insert(message.partition(), message.offset() + 1);
                }
            }
            wait = Duration::ZERO;
        }
        commit(&member, topic, &mut uncommitted)?;
    }
    member.unsubscribe();
    drop(member); // leaves the group
    lines::say("left");
    Ok(())
}

/// Commits and forgets; after an error, what is still assigned stays for the next time.
fn commit(
    member: &BaseConsumer<Member>,
    topic: &str,
    uncommitted: &mut HashMap<i32, i64>,
) -> Outcome {
    if uncommitted.is_empty() {
        return Ok(());
    }
    let mine: HashSet<i32> = partitions(&member.assignment()?).into_iter().collect();
    uncommitted.retain(|partition, _| mine.contains(partition));
    let mut places = TopicPartitionList::new();
    for (partition, offset) in uncommitted.iter() {
        places.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
    }
    if let Err(error) = member.commit(&places, CommitMode::Sync) {
        eprintln!("commit: {error}");
        return Ok(());
    }
    for (partition, offset) in uncommitted.drain() {
        lines::committed(partition, offset);
    }
    Ok(())
}

fn timestamp(address: &str, topic: &str, millis: i64) -> Outcome {
    let reader = consumer(address, &format!("{topic}-by-time"))?;
    let metadata = reader.fetch_metadata(Some(topic), CALL_LIMIT)?;
    let mut wanted = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        wanted.add_partition_offset(topic, partition.id(), Offset::Offset(millis))?;
    }
    let found = reader.offsets_for_times(wanted, CALL_LIMIT)?;
    let mut from = TopicPartitionList::new();
    for place in found.elements() {
        // A time after the last record is answered with the logical offset End.
        match place.offset() {
            Offset::Offset(offset) => {
                lines::at(place.partition(), offset);
                from.add_partition_offset(topic, place.partition(), place.offset())?;
            }
            _ => lines::at(place.partition(), -1),
        }
    }
    reader.assign(&from)?;
    let mut left: HashSet<i32> = partitions(&from).into_iter().collect();
    while !left.is_empty() {
        if let Some(Ok(message)) = reader.poll(POLL) {
            if left.remove(&message.partition()) {
                lines::read(&record(&message));
            }
        }
    }
    Ok(())
}
