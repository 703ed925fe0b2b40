//! CryptoHash: the digest of a text.

use md5::Md5;
use pulsewire_plugin_api::prelude::*;
use sha1::Sha1;
use sha2::{Digest, Sha256};

pure! {
    NODE = NodeType::action("string.crypto_hash", "CryptoHash")
        .category("String")
        .help("The digest of the text in UTF-8, as lower-case hexadecimal. MD5 and SHA-1 protect nothing any more.")
        .inputs(&[
            Socket::data("string", "String", DataType::String),
            Socket::data("algorithm", "Algorithm", DataType::String)
                .default(Literal::Str("SHA-256"))
                .help("MD5, SHA-1 or SHA-256."),
        ])
        .outputs(&[Socket::data("hash", "Hash", DataType::String)]),
    |call| {
        let (bytes, algorithm) = (call.text(0)?.as_bytes(), call.text(1)?);
        let hash = match algorithm.as_str() {
            "MD5" => hex(&Md5::digest(bytes)),
            "SHA-1" => hex(&Sha1::digest(bytes)),
            "SHA-256" => hex(&Sha256::digest(bytes)),
            other => return Err(format!("there is no algorithm `{other}`; expected MD5, SHA-1 or SHA-256").into()),
        };
        call.set(0, hash);
        Ok(())
    };
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
