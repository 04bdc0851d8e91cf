//! Writes small class files out of a line of words (JVM specification, chapter 4):
//! `class NAME [extends NAME] [implements NAME] [abstract] [session-scoped] [application-scoped] [stateful] [faces-scoped] [vetoed] [alternative] [inner] [nested] [constructor DESCRIPTOR] [inject-field NAME CLASS] [static-map] [field NAME CLASS] [transient-field NAME CLASS]
//! [asks-id] [changes] [stores NAME CLASS] [stores-if NAME CLASS KIND] [stores-cast NAME CLASS KIND] [stores-lambda NAME INTERFACE CAPTURED|- plain|serializable] [asks-map-by-id]
//! [array-field NAME CLASS] [generic-field NAME CLASS ARGUMENTS] [stores-view NAME CLASS METHOD RETURN] [stores-list NAME CLASS] [stores-array NAME CLASS] [stores-added NAME CLASS [METHOD]] [stores-this NAME] [stores-as NAME CLASS]
//! [stores-either NAME CLASS CLASS|-] [in-constructor] [fills NAME TYPE CLASS] [puts-given NAME] [gives CLASS CLASS] [conversation-scoped] [spring-scope NAME] [produces NAME CLASS]
//! [asks-map-by-text] [takes-key] [gives-id CLASS] [serial NUMBER]`.
//! `in-constructor` makes the method a constructor, `puts-given` one that takes a value, too, and `gives` calls it with a new object.
//! `takes-key` makes a method `m(String)` that asks the map for its parameter, `gives-id` calls it with a session's id.

#[path = "constant_pool.rs"]
mod constant_pool;

use constant_pool::Pool;

const SESSION: &str = "jakarta/servlet/http/HttpSession";

/// What a method takes that is given a session.
const WITH_SESSION: &str = "(Ljakarta/servlet/http/HttpSession;)V";
/// What a method takes that is given a session and a value.
const WITH_VALUE: &str = "(Ljakarta/servlet/http/HttpSession;Ljava/lang/Object;)V";

/// An annotation without elements.
fn marker(pool: &mut Pool, kind: &str) -> Vec<u8> {
    [pool.text(kind).to_be_bytes(), [0, 0]].concat()
}

/// `@Scope(name)`.
fn spring_scope(pool: &mut Pool, scope: &str) -> Vec<u8> {
    let kind = pool.text("Lorg/springframework/context/annotation/Scope;").to_be_bytes();
    let (name, value) = (pool.text("value").to_be_bytes(), pool.text(scope).to_be_bytes());
    [&kind[..], &[0, 1], &name, b"s", &value].concat()
}

/// `@Produces @SessionScoped Class name()`.
fn produces(pool: &mut Pool, name: &str, class: &str) -> Bare {
    let kinds = ["Ljakarta/enterprise/inject/Produces;", annotation("session-scoped")];
    (pool.text(name), pool.text(&format!("()L{class};")), kinds.map(|kind| marker(pool, kind)).concat())
}

/// `session.setAttribute(name, value)` with the second parameter.
fn puts_given(pool: &mut Pool, code: &mut Vec<u8>, name: &str) {
    let key = pool.string(name);
    let set = pool.member(11, SESSION, "setAttribute", "(Ljava/lang/String;Ljava/lang/Object;)V");
    code.extend([&[0x2b, 0x13][..], &key.to_be_bytes(), &[0x2c, 0xb9], &set.to_be_bytes(), &[3, 0]].concat());
}

/// A field, and `this.name = new Class()`.
fn fills(pool: &mut Pool, code: &mut Vec<u8>, this: &str, [name, kind, class]: [&str; 3]) -> Field {
    let kind = format!("L{kind};");
    let field = pool.member(9, this, name, &kind);
    code.push(0x2a);
    new(pool, code, class);
    code.extend([&[0xb5][..], &field.to_be_bytes()].concat());
    (0x0002, pool.text(name), pool.text(&kind), None, None)
}

/// A method without code: name, type and annotations.
type Bare = (u16, u16, Vec<u8>);

/// Flags, name, type, annotation and signature.
type Field = (u16, u16, u16, Option<u16>, Option<u16>);

/// The class file of one line.
pub(super) fn assemble(line: &str) -> Vec<u8> {
    let mut words = line.split_whitespace();
    let mut next = || words.next();
    let mut pool = Pool::default();
    assert_eq!(next(), Some("class"), "{line}");
    let this_name = next().expect("a name");
    let this = pool.class(this_name);
    let (mut method, mut bootstraps, mut serial) = (("m", WITH_SESSION), vec![], None);
    let (mut extends, mut interfaces, mut annotations) = ("java/lang/Object", vec![], vec![]);
    let (mut fields, mut code, mut flags) = (vec![], vec![], 0x0021_u16);
    let (mut bare, mut inner) = (vec![], None);
    while let Some(word) = next() {
        let mut one = || next().expect("a word");
        if let Some(field) = field(&mut pool, word, &mut one) {
            fields.push(field);
            continue;
        }
        if instructions(&mut pool, &mut code, this_name, word, &mut one) {
            continue;
        }
        match word {
            "extends" => extends = one(),
            "implements" => interfaces.push(pool.class(one())),
            "abstract" => flags |= 0x0400,
            "session-scoped"
            | "conversation-scoped"
            | "stateful"
            | "faces-scoped"
            | "application-scoped"
            | "vetoed"
            | "alternative" => {
                annotations.push(marker(&mut pool, annotation(word)));
            }
            "spring-scope" => annotations.push(spring_scope(&mut pool, one())),
            "produces" => bare.push(produces(&mut pool, one(), one())),
            "constructor" => bare.push((pool.text("<init>"), pool.text(one()), vec![])),
            "in-constructor" => method = ("<init>", "()V"),
            "puts-given" => {
                method.1 = WITH_VALUE;
                puts_given(&mut pool, &mut code, one());
            }
            "fills" => fields.push(fills(&mut pool, &mut code, this_name, [one(), one(), one()])),
            "inner" => inner = Some(0x0000),
            "nested" => inner = Some(0x0008),
            "serial" => serial = Some(pool.long(one().parse().expect("a number"))),
            "takes-key" => {
                method.1 = "(Ljava/lang/String;)V";
                map(&mut pool, this_name, &mut code);
                code.push(0x2b);
                get(&mut pool, &mut code);
            }
            "stores-lambda" => {
                let (name, interface, captured, kind) = (one(), one(), one(), one());
                assert!(matches!(kind, "plain" | "serializable"), "{kind}");
                let number = u16::try_from(bootstraps.len()).expect("few");
                stores_lambda(&mut pool, &mut code, number, [name, interface, captured]);
                bootstraps.push(bootstrap(&mut pool, kind == "serializable"));
            }
            other => panic!("unknown word {other}"),
        }
    }
    code.push(0xb1);
    finish(
        pool,
        (flags, this, extends),
        &interfaces,
        (&annotations, &bootstraps),
        (&fields, serial),
        (&bare, inner),
        (method, &code),
    )
}

/// A field that a word and those behind it say.
fn field<'l>(pool: &mut Pool, word: &str, one: &mut impl FnMut() -> &'l str) -> Option<Field> {
    Some(match word {
        "static-map" => (0x0018, pool.text("MAP"), pool.text("Ljava/util/Map;"), None, None),
        "field" | "transient-field" => {
            let flags = if word == "field" { 0x0002 } else { 0x0082 };
            let (name, class) = (one(), one());
            (flags, pool.text(name), pool.text(&format!("L{class};")), None, None)
        }
        "array-field" => {
            let (name, class) = (one(), one());
            (0x0002, pool.text(name), pool.text(&format!("[L{class};")), None, None)
        }
        "generic-field" => {
            let (name, class, arguments) = (one(), one(), one());
            let signature = pool.text(&format!("L{class}<{arguments}>;"));
            (0x0002, pool.text(name), pool.text(&format!("L{class};")), None, Some(signature))
        }
        "inject-field" => {
            let (name, class, inject) = (one(), one(), pool.text("Ljakarta/inject/Inject;"));
            (0x0002, pool.text(name), pool.text(&format!("L{class};")), Some(inject), None)
        }
        _ => return None,
    })
}

/// The instructions that a word and those behind it say; whether it is such a word.
fn instructions<'l>(
    pool: &mut Pool,
    code: &mut Vec<u8>,
    this: &str,
    word: &str,
    one: &mut impl FnMut() -> &'l str,
) -> bool {
    match word {
        "asks-id" => {
            session_id(pool, code);
            code.push(0x57);
        }
        "asks-map-by-id" => by_id(pool, this, code),
        "asks-map-by-text" => {
            map(pool, this, code);
            let key = pool.string("key");
            code.extend([&[0x13][..], &key.to_be_bytes()].concat());
            get(pool, code);
        }
        "gives-id" => {
            let method = pool.member(10, one(), "m", "(Ljava/lang/String;)V");
            code.push(0x01);
            session_id(pool, code);
            code.extend([&[0xb6][..], &method.to_be_bytes()].concat());
        }
        "gives" => {
            let method = pool.member(10, one(), "m", WITH_VALUE);
            code.extend([0x01, 0x2b]);
            new(pool, code, one());
            code.extend([&[0xb6][..], &method.to_be_bytes()].concat());
        }
        "stores-either" => {
            let (key, first, second) = (pool.string(one()), one(), one());
            let set = pool.member(11, SESSION, "setAttribute", "(Ljava/lang/String;Ljava/lang/Object;)V");
            code.extend([&[0x2b, 0x13][..], &key.to_be_bytes(), &[0x03, 0x99, 0, 13]].concat());
            new(pool, code, first);
            code.extend([0xa7, 0, if second == "-" { 4 } else { 10 }]);
            if second == "-" {
                code.push(0x01);
            } else {
                new(pool, code, second);
            }
            code.extend([&[0xb9][..], &set.to_be_bytes(), &[3, 0]].concat());
        }
        "changes" => changes(pool, code),
        "stores" => {
            let (name, class) = (one(), one());
            stores(pool, code, name, class);
        }
        "stores-view" | "stores-list" | "stores-array" | "stores-added" | "stores-removed" | "stores-this"
        | "stores-as" => {
            stores_value(pool, code, word, one);
        }
        "stores-if" | "stores-cast" => {
            let (name, class, kind) = (one(), one(), pool.class(one()));
            stores_checked(pool, code, [name, class], word == "stores-if", kind);
        }
        _ => return false,
    }
    true
}

/// The type of an annotation.
fn annotation(word: &str) -> &'static str {
    match word {
        "session-scoped" => "Ljakarta/enterprise/context/SessionScoped;",
        "conversation-scoped" => "Ljakarta/enterprise/context/ConversationScoped;",
        "stateful" => "Ljakarta/ejb/Stateful;",
        "application-scoped" => "Ljakarta/enterprise/context/ApplicationScoped;",
        "vetoed" => "Ljakarta/enterprise/inject/Vetoed;",
        "alternative" => "Ljakarta/enterprise/inject/Alternative;",
        _ => "Ljavax/faces/bean/SessionScoped;",
    }
}

/// `MAP.get(session.getId())`.
fn by_id(pool: &mut Pool, this: &str, code: &mut Vec<u8>) {
    map(pool, this, code);
    session_id(pool, code);
    get(pool, code);
}

/// `session.getId()`.
fn session_id(pool: &mut Pool, code: &mut Vec<u8>) {
    let id = pool.member(11, SESSION, "getId", "()Ljava/lang/String;");
    code.extend([&[0x2b, 0xb9][..], &id.to_be_bytes(), &[1, 0]].concat());
}

/// The field of `static-map`.
fn map(pool: &mut Pool, this: &str, code: &mut Vec<u8>) {
    let field = pool.member(9, this, "MAP", "Ljava/util/Map;");
    code.extend([&[0xb2][..], &field.to_be_bytes()].concat());
}

/// `map.get(key)`.
fn get(pool: &mut Pool, code: &mut Vec<u8>) {
    let get = pool.member(11, "java/util/Map", "get", "(Ljava/lang/Object;)Ljava/lang/Object;");
    code.extend([&[0xb9][..], &get.to_be_bytes(), &[2, 0, 0x57]].concat());
}

/// `session.setAttribute(name, (Interface) () -> …)`, which captures null of a class.
fn stores_lambda(pool: &mut Pool, code: &mut Vec<u8>, number: u16, [name, interface, captured]: [&str; 3]) {
    let key = pool.string(name);
    let descriptor = match captured {
        "-" => format!("()L{interface};"),
        class => format!("(L{class};)L{interface};"),
    };
    let (made, descriptor) = (pool.text("run"), pool.text(&descriptor));
    let pair = pool.add(12, &[made.to_be_bytes(), descriptor.to_be_bytes()].concat());
    let call = pool.add(18, &[number.to_be_bytes(), pair.to_be_bytes()].concat());
    let set = pool.member(11, SESSION, "setAttribute", "(Ljava/lang/String;Ljava/lang/Object;)V");
    code.extend([&[0x2b, 0x13][..], &key.to_be_bytes()].concat());
    code.extend((captured != "-").then_some(0x01));
    code.extend([&[0xba][..], &call.to_be_bytes(), &[0, 0, 0xb9], &set.to_be_bytes(), &[3, 0]].concat());
}

/// An entry of `BootstrapMethods`: what javac writes for a lambda without and with Serializable.
fn bootstrap(pool: &mut Pool, is_serializable: bool) -> Vec<u16> {
    const CALLER: &str = "Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;";
    let factory = "java/lang/invoke/LambdaMetafactory";
    let site = ")Ljava/lang/invoke/CallSite;";
    let method = if is_serializable {
        pool.member(10, factory, "altMetafactory", &format!("({CALLER}[Ljava/lang/Object;{site}"))
    } else {
        let rest = "Ljava/lang/invoke/MethodType;Ljava/lang/invoke/MethodHandle;Ljava/lang/invoke/MethodType;";
        pool.member(10, factory, "metafactory", &format!("({CALLER}{rest}{site}"))
    };
    let body = pool.member(10, "java/lang/Thread", "yield", "()V");
    let [method, body] = [method, body].map(|member| pool.add(15, &[&[6], &member.to_be_bytes()[..]].concat()));
    let descriptor = pool.text("()V");
    let kind = pool.add(16, &descriptor.to_be_bytes());
    let flags = is_serializable.then(|| pool.add(3, &1_u32.to_be_bytes()));
    [method, 3 + u16::from(is_serializable), kind, body, kind].into_iter().chain(flags).collect()
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

/// `session.setAttribute(name, …)` with a part of a map, a list, an array, `this`, or what is cast.
fn stores_value<'w>(pool: &mut Pool, code: &mut Vec<u8>, how: &str, one: &mut impl FnMut() -> &'w str) {
    const ADD: &str = "(Ljava/lang/Object;)Z";
    let key = pool.string(one());
    code.extend([&[0x2b, 0x13][..], &key.to_be_bytes()].concat());
    match how {
        "stores-this" => code.push(0x2a),
        "stores-as" => {
            let (source, kind) = (pool.member(10, "shop/Source", "next", "()Ljava/lang/Object;"), pool.class(one()));
            code.extend([&[0xb8][..], &source.to_be_bytes(), &[0xc0], &kind.to_be_bytes()].concat());
        }
        "stores-view" => {
            let class = one();
            let (method, returns) = (one(), one());
            new(pool, code, class);
            let method = pool.member(10, class, method, &format!("()L{returns};"));
            code.extend([&[0xb6][..], &method.to_be_bytes()].concat());
        }
        "stores-list" => {
            new(pool, code, one());
            let of = pool.member(10, "java/util/List", "of", "(Ljava/lang/Object;)Ljava/util/List;");
            code.extend([&[0xb8][..], &of.to_be_bytes()].concat());
        }
        "stores-array" => {
            let class = one();
            let kind = pool.class(class);
            code.extend([&[0x04, 0xbd][..], &kind.to_be_bytes(), &[0x59, 0x03]].concat());
            new(pool, code, class);
            code.push(0x53);
        }
        _ => {
            new(pool, code, "java/util/ArrayList");
            code.extend([0x4d, 0x2c]);
            new(pool, code, one());
            for method in ["add", "removeAll"].into_iter().take(1 + usize::from(how == "stores-removed")) {
                if method == "removeAll" {
                    code.extend([0x2c, 0x2c]);
                }
                let method = pool.member(10, "java/util/ArrayList", method, ADD);
                code.extend([&[0xb6][..], &method.to_be_bytes(), &[0x57]].concat());
            }
            code.push(0x2c);
        }
    }
    let set = pool.member(11, SESSION, "setAttribute", "(Ljava/lang/String;Ljava/lang/Object;)V");
    code.extend([&[0xb9][..], &set.to_be_bytes(), &[3, 0]].concat());
}

/// `new Class()`.
fn new(pool: &mut Pool, code: &mut Vec<u8>, class: &str) {
    let (made, init) = (pool.class(class), pool.member(10, class, "<init>", "()V"));
    code.extend([&[0xbb][..], &made.to_be_bytes(), &[0x59, 0xb7], &init.to_be_bytes()].concat());
}

/// `var made = new Class(); if (made instanceof Kind) session.setAttribute(name, made)`, or with `(Kind) made`.
fn stores_checked(pool: &mut Pool, code: &mut Vec<u8>, [name, class]: [&str; 2], is_if: bool, kind: u16) {
    let (key, made) = (pool.string(name), pool.class(class));
    let init = pool.member(10, class, "<init>", "()V");
    let set = pool.member(11, SESSION, "setAttribute", "(Ljava/lang/String;Ljava/lang/Object;)V");
    code.extend([&[0xbb][..], &made.to_be_bytes(), &[0x59, 0xb7], &init.to_be_bytes(), &[0x4d]].concat());
    if is_if {
        // Over the call.
        code.extend([&[0x2c, 0xc1][..], &kind.to_be_bytes(), &[0x99, 0, 3 + 10]].concat());
    }
    code.extend([&[0x2b, 0x13][..], &key.to_be_bytes(), &[0x2c]].concat());
    if !is_if {
        code.extend([&[0xc0][..], &kind.to_be_bytes()].concat());
    }
    code.extend([&[0xb9][..], &set.to_be_bytes(), &[3, 0]].concat());
}

fn finish(
    mut pool: Pool,
    (flags, this, extends): (u16, u16, &str),
    interfaces: &[u16],
    (kinds, bootstraps): (&[Vec<u8>], &[Vec<u16>]),
    (fields, serial): (&[Field], Option<u16>),
    (bare, inner): (&[Bare], Option<u16>),
    ((name, descriptor), code): ((&str, &str), &[u8]),
) -> Vec<u8> {
    let extends = pool.class(extends);
    let (method, descriptor, code_name) = (pool.text(name), pool.text(descriptor), pool.text("Code"));
    let [annotations, signatures] = ["RuntimeVisibleAnnotations", "Signature"].map(|text| pool.text(text));
    let [bootstrap_methods, inner_classes] = ["BootstrapMethods", "InnerClasses"].map(|text| pool.text(text));
    let [uid, long_type, constant_value] = ["serialVersionUID", "J", "ConstantValue"].map(|text| pool.text(text));
    let count = |length: usize| u16::try_from(length).expect("few").to_be_bytes();
    let long = |length: usize| u32::try_from(length).expect("short").to_be_bytes();
    let mut out = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52];
    out.extend((pool.count + 1).to_be_bytes());
    out.extend(&pool.bytes);
    out.extend([flags.to_be_bytes(), this.to_be_bytes(), extends.to_be_bytes()].concat());
    out.extend(count(interfaces.len()));
    out.extend(interfaces.iter().flat_map(|interface| interface.to_be_bytes()));
    out.extend(count(fields.len() + usize::from(serial.is_some())));
    for (flags, name, kind, annotation, signature) in fields {
        let count = (u16::from(annotation.is_some()) + u16::from(signature.is_some())).to_be_bytes();
        out.extend([flags.to_be_bytes(), name.to_be_bytes(), kind.to_be_bytes(), count].concat());
        if let Some(annotation) = annotation {
            out.extend(
                [&annotations.to_be_bytes()[..], &long(6), &[0, 1], &annotation.to_be_bytes(), &[0, 0]].concat(),
            );
        }
        if let Some(signature) = signature {
            out.extend([&signatures.to_be_bytes()[..], &long(2), &signature.to_be_bytes()].concat());
        }
    }
    if let Some(value) = serial {
        // `private static final long serialVersionUID = …;`
        out.extend([0x001a_u16.to_be_bytes(), uid.to_be_bytes(), long_type.to_be_bytes(), [0, 1]].concat());
        out.extend([constant_value.to_be_bytes(), [0, 0], [0, 2], value.to_be_bytes()].concat());
    }
    out.extend(count(1 + bare.len()));
    for (name, descriptor, kinds) in bare {
        out.extend([[0, 1], name.to_be_bytes(), descriptor.to_be_bytes()].concat());
        out.extend([0, u8::from(!kinds.is_empty())]);
        if !kinds.is_empty() {
            out.extend(
                [&annotations.to_be_bytes()[..], &long(kinds.len() + 2), &count(kinds.len() / 4), kinds].concat(),
            );
        }
    }
    out.extend([0x0001_u16.to_be_bytes(), method.to_be_bytes(), descriptor.to_be_bytes(), [0, 1]].concat());
    out.extend(code_name.to_be_bytes());
    out.extend(long(code.len() + 12));
    out.extend([[0, 12], [0, 4]].concat());
    out.extend(long(code.len()));
    out.extend(code);
    out.extend([0, 0, 0, 0]);
    out.extend(of_class([annotations, bootstrap_methods, inner_classes, this], (kinds, bootstraps, inner)));
    out
}

/// The attributes of the class itself, with the names that they need.
fn of_class(
    [annotations, bootstrap_methods, inner_classes, this]: [u16; 4],
    (kinds, bootstraps, inner): (&[Vec<u8>], &[Vec<u16>], Option<u16>),
) -> Vec<u8> {
    let count = |length: usize| u16::try_from(length).expect("few").to_be_bytes();
    let long = |length: usize| u32::try_from(length).expect("short").to_be_bytes();
    let mut out = vec![];
    let has = [!kinds.is_empty(), !bootstraps.is_empty(), inner.is_some()];
    out.extend(count(has.into_iter().filter(|has| *has).count()));
    if let Some(flags) = inner {
        out.extend([&inner_classes.to_be_bytes()[..], &long(10), &[0, 1], &this.to_be_bytes(), &[0; 4]].concat());
        out.extend(flags.to_be_bytes());
    }
    if !kinds.is_empty() {
        out.extend(annotations.to_be_bytes());
        out.extend(long(kinds.iter().map(Vec::len).sum::<usize>() + 2));
        out.extend(count(kinds.len()));
        out.extend(kinds.concat());
    }
    if !bootstraps.is_empty() {
        let body: Vec<u8> = bootstraps.iter().flatten().flat_map(|word| word.to_be_bytes()).collect();
        out.extend(bootstrap_methods.to_be_bytes());
        out.extend(long(body.len() + 2));
        out.extend(count(bootstraps.len()));
        out.extend(body);
    }
    out
}
