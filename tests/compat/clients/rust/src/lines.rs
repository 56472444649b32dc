//! The text that the program reads and writes (../../README.md). None is null.

use std::io::{self, BufRead, Write};

pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// One line to standard output, at once.
pub fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("standard output");
}

pub fn acknowledged(number: usize, partition: i32, offset: i64) {
    say(&format!("{number} {partition} {offset}"));
}

/// `what` is "assigned" or "revoked".
pub fn owned(what: &str, partitions: &[i32]) {
    if !partitions.is_empty() {
        let words: Vec<String> = partitions.iter().map(i32::to_string).collect();
        say(&format!("{what} {}", words.join(",")));
    }
}

pub fn committed(partition: i32, offset: i64) {
    say(&format!("committed {partition} {offset}"));
}

/// -1: no record is that late.
pub fn at(partition: i32, offset: i64) {
    say(&format!("at {partition} {offset}"));
}

pub fn read(record: &Record) {
    let headers: Vec<String> = record
        .headers
        .iter()
        .map(|(name, value)| format!("{}:{}", hex(name.as_bytes()), field(value)))
        .collect();
    say(&format!(
        "record\t{}\t{}\t{}\t{}\t{}\t{}",
        record.partition,
        record.offset,
        record.timestamp,
        field(&record.key),
        field(&record.value),
        headers.join(",")
    ));
}

fn field(data: &Option<Vec<u8>>) -> String {
    data.as_ref().map_or("-".into(), |bytes| hex(bytes))
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
        .collect()
}

fn bytes(field: &str) -> Option<Vec<u8>> {
    (field != "-").then(|| unhex(field))
}

fn parse(line: &str) -> Record {
    let fields: Vec<&str> = line.split('\t').collect();
    let headers = fields[5]
        .split(',')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once(':').expect("name:value");
            (String::from_utf8(unhex(name)).expect("UTF-8"), bytes(value))
        });
    Record {
        partition: fields[0].parse().expect("a partition"),
        offset: -1,
        timestamp: fields[2].parse().expect("a timestamp"),
        key: bytes(fields[3]),
        value: bytes(fields[4]),
        headers: headers.collect(),
    }
}

/// The records of standard input.
pub fn records() -> Vec<Record> {
    io::stdin()
        .lock()
        .lines()
        .map(|line| parse(&line.expect("standard input")))
        .collect()
}
