//! The constant pool of a class file (JVM specification, 4.4).

/// A constant pool that grows.
#[derive(Default)]
pub(super) struct Pool {
    pub(super) bytes: Vec<u8>,
    pub(super) count: u16,
}

impl Pool {
    pub(super) fn add(&mut self, tag: u8, body: &[u8]) -> u16 {
        self.bytes.push(tag);
        self.bytes.extend(body);
        self.count += 1;
        self.count
    }

    pub(super) fn text(&mut self, text: &str) -> u16 {
        let length = u16::try_from(text.len()).expect("a short text");
        self.add(1, &[&length.to_be_bytes(), text.as_bytes()].concat())
    }

    pub(super) fn class(&mut self, name: &str) -> u16 {
        let name = self.text(name);
        self.add(7, &name.to_be_bytes())
    }

    pub(super) fn string(&mut self, text: &str) -> u16 {
        let text = self.text(text);
        self.add(8, &text.to_be_bytes())
    }

    pub(super) fn member(&mut self, tag: u8, class: &str, name: &str, descriptor: &str) -> u16 {
        let (class, name, descriptor) = (self.class(class), self.text(name), self.text(descriptor));
        let pair = self.add(12, &[name.to_be_bytes(), descriptor.to_be_bytes()].concat());
        self.add(tag, &[class.to_be_bytes(), pair.to_be_bytes()].concat())
    }

    /// A long, which takes two places.
    pub(super) fn long(&mut self, number: u32) -> u16 {
        let value = self.add(5, &[[0; 4], number.to_be_bytes()].concat());
        self.count += 1;
        value
    }
}
