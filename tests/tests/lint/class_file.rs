//! Writes small class files out of a line of words (JVM specification, chapter 4):
//! `class NAME [extends NAME] [implements NAME] [session-scoped] [faces-scoped] [static-map] [field NAME CLASS] [transient-field NAME CLASS]
//! [asks-id] [changes] [stores NAME CLASS]`.

const SESSION: &str = "jakarta/servlet/http/HttpSession";

/// A constant pool that grows.
#[derive(Default)]
struct Pool {
    bytes: Vec<u8>,
    count: u16,
}

impl Pool {
    fn add(&mut self, tag: u8, body: &[u8]) -> u16 {
        self.bytes.push(tag);
        self.bytes.extend(body);
        self.count += 1;
        self.count
    }

    fn text(&mut self, text: &str) -> u16 {
        let length = u16::try_from(text.len()).expect("a short text");
        self.add(1, &[&length.to_be_bytes(), text.as_bytes()].concat())
    }

    fn class(&mut self, name: &str) -> u16 {
        let name = self.text(name);
        self.add(7, &name.to_be_bytes())
    }

    fn string(&mut self, text: &str) -> u16 {
        let text = self.text(text);
        self.add(8, &text.to_be_bytes())
    }

    fn member(&mut self, tag: u8, class: &str, name: &str, descriptor: &str) -> u16 {
        let (class, name, descriptor) = (self.class(class), self.text(name), self.text(descriptor));
        let pair = self.add(12, &[name.to_be_bytes(), descriptor.to_be_bytes()].concat());
        self.add(tag, &[class.to_be_bytes(), pair.to_be_bytes()].concat())
    }
}

/// The class file of one line.
pub(super) fn assemble(line: &str) -> Vec<u8> {
    let mut words = line.split_whitespace();
    let mut next = || words.next();
    let mut pool = Pool::default();
    assert_eq!(next(), Some("class"), "{line}");
    let this = pool.class(next().expect("a name"));
    let (mut extends, mut interfaces, mut annotation) = ("java/lang/Object", vec![], None);
    let (mut fields, mut code) = (vec![], vec![]);
    while let Some(word) = next() {
        let mut one = || next().expect("a word");
        match word {
            "extends" => extends = one(),
            "implements" => interfaces.push(pool.class(one())),
            "session-scoped" => annotation = Some(pool.text("Ljakarta/enterprise/context/SessionScoped;")),
            "faces-scoped" => annotation = Some(pool.text("Ljavax/faces/bean/SessionScoped;")),
            "static-map" => fields.push((0x0018, pool.text("MAP"), pool.text("Ljava/util/Map;"))),
            "field" | "transient-field" => {
                let flags = if word == "field" { 0x0002 } else { 0x0082 };
                let (name, class) = (one(), one());
                fields.push((flags, pool.text(name), pool.text(&format!("L{class};"))));
            }
            "asks-id" => {
                let id = pool.member(11, SESSION, "getId", "()Ljava/lang/String;");
                code.extend([&[0x2b, 0xb9][..], &id.to_be_bytes(), &[1, 0, 0x57]].concat());
            }
            "changes" => changes(&mut pool, &mut code),
            "stores" => {
                let (name, class) = (one(), one());
                stores(&mut pool, &mut code, name, class);
            }
            other => panic!("unknown word {other}"),
        }
    }
    code.push(0xb1);
    finish(pool, this, extends, &interfaces, annotation, &fields, &code)
}

/// `((List) session.getAttribute("items")).add(null)`.
fn changes(pool: &mut Pool, code: &mut Vec<u8>) {
    let key = pool.string("items");
    let get = pool.member(11, SESSION, "getAttribute", "(Ljava/lang/String;)Ljava/lang/Object;");
    let list = pool.class("java/util/List");
    let add = pool.member(11, "java/util/List", "add", "(Ljava/lang/Object;)Z");
    code.extend([&[0x2b, 0x13][..], &key.to_be_bytes(), &[0xb9], &get.to_be_bytes(), &[2, 0]].concat());
    code.extend([&[0xc0][..], &list.to_be_bytes(), &[0x01, 0xb9], &add.to_be_bytes(), &[2, 0, 0x57]].concat());
}

/// `session.setAttribute(name, new Class())`.
fn stores(pool: &mut Pool, code: &mut Vec<u8>, name: &str, class: &str) {
    let key = pool.string(name);
    let made = pool.class(class);
    let init = pool.member(10, class, "<init>", "()V");
    let set = pool.member(11, SESSION, "setAttribute", "(Ljava/lang/String;Ljava/lang/Object;)V");
    code.extend([&[0x2b, 0x13][..], &key.to_be_bytes(), &[0xbb], &made.to_be_bytes(), &[0x59, 0xb7]].concat());
    code.extend([&init.to_be_bytes()[..], &[0xb9], &set.to_be_bytes(), &[3, 0]].concat());
}

fn finish(
    mut pool: Pool,
    this: u16,
    extends: &str,
    interfaces: &[u16],
    annotation: Option<u16>,
    fields: &[(u16, u16, u16)],
    code: &[u8],
) -> Vec<u8> {
    let extends = pool.class(extends);
    let (method, descriptor, code_name) = (pool.text("m"), pool.text(&format!("(L{SESSION};)V")), pool.text("Code"));
    let annotations = pool.text("RuntimeVisibleAnnotations");
    let count = |length: usize| u16::try_from(length).expect("few").to_be_bytes();
    let long = |length: usize| u32::try_from(length).expect("short").to_be_bytes();
    let mut out = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52];
    out.extend((pool.count + 1).to_be_bytes());
    out.extend(&pool.bytes);
    out.extend([0x0021_u16.to_be_bytes(), this.to_be_bytes(), extends.to_be_bytes()].concat());
    out.extend(count(interfaces.len()));
    out.extend(interfaces.iter().flat_map(|interface| interface.to_be_bytes()));
    out.extend(count(fields.len()));
    for (flags, name, kind) in fields {
        out.extend([flags.to_be_bytes(), name.to_be_bytes(), kind.to_be_bytes(), [0, 0]].concat());
    }
    out.extend([[0, 1], 0x0001_u16.to_be_bytes(), method.to_be_bytes(), descriptor.to_be_bytes(), [0, 1]].concat());
    out.extend(code_name.to_be_bytes());
    out.extend(long(code.len() + 12));
    out.extend([[0, 8], [0, 4]].concat());
    out.extend(long(code.len()));
    out.extend(code);
    out.extend([0, 0, 0, 0]);
    match annotation {
        Some(kind) => {
            out.extend(
                [[0, 1], annotations.to_be_bytes(), [0, 0], [0, 6], [0, 1], kind.to_be_bytes(), [0, 0]].concat(),
            );
        }
        None => out.extend([0, 0]),
    }
    out
}
