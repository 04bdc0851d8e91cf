//! Values of a type that a function returns instead of its own.

use quote::ToTokens as _;

/// How many values of one type are tried.
const MOST: usize = 8;

/// Values of this type as source text; one that does not compile is left out later.
pub(crate) fn of(output: &syn::Type) -> Vec<String> {
    let mut values = match output {
        syn::Type::Path(path) => of_path(path),
        syn::Type::Reference(reference) => of_reference(reference),
        syn::Type::Tuple(tuple) => of_tuple(tuple),
        syn::Type::Never(_) | syn::Type::ImplTrait(_) => Vec::new(),
        _ => texts(&["Default::default()"]),
    };
    values.truncate(MOST);
    values
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn of_path(path: &syn::TypePath) -> Vec<String> {
    let Some(last) = path.path.segments.last() else { return Vec::new() };
    let arguments: Vec<&syn::Type> = match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                syn::GenericArgument::Type(argument) => Some(argument),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let wrapped = |before: &str, after: &str| -> Vec<String> {
        let values = arguments.first().map(|argument| of(argument)).unwrap_or_default();
        values.iter().map(|value| format!("{before}{value}{after}")).collect()
    };
    match last.ident.to_string().as_str() {
        "bool" => texts(&["true", "false"]),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => texts(&["0", "1"]),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => texts(&["0", "1", "-1"]),
        "f32" | "f64" => texts(&["0.0", "1.0", "-1.0"]),
        "String" => texts(&["String::new()", "\"xyzzy\".to_owned()"]),
        "Option" => [texts(&["None"]), wrapped("Some(", ")")].concat(),
        "Result" => wrapped("Ok(", ")"),
        "Box" => wrapped("Box::new(", ")"),
        "Vec" => [texts(&["Vec::new()"]), wrapped("vec![", "]")].concat(),
        "BTreeSet" => [texts(&["Default::default()"]), wrapped("[", "].into()")].concat(),
        "BTreeMap" => texts(&["Default::default()"]),
        _ => vec!["Default::default()".to_owned()],
    }
}

fn of_reference(reference: &syn::TypeReference) -> Vec<String> {
    match &*reference.elem {
        syn::Type::Path(path) if path.path.is_ident("str") => texts(&["\"\"", "\"xyzzy\""]),
        syn::Type::Slice(slice) => {
            let values = of(&slice.elem).into_iter().map(|value| format!("Vec::leak(vec![{value}])"));
            texts(&["&[]"]).into_iter().chain(values).collect()
        }
        inner => {
            let name = inner.to_token_stream().to_string();
            of(inner).into_iter().map(|value| format!("Box::leak(Box::<{name}>::new({value}))")).collect()
        }
    }
}

fn of_tuple(tuple: &syn::TypeTuple) -> Vec<String> {
    let mut rows = vec![Vec::new()];
    for element in &tuple.elems {
        let values = of(element);
        let longer = |row: Vec<String>| -> Vec<Vec<String>> {
            values.iter().map(|value| [row.clone(), vec![value.clone()]].concat()).collect()
        };
        rows = rows.into_iter().flat_map(longer).collect();
    }
    let text = |row: Vec<String>| match row.as_slice() {
        [one] => format!("({one},)"),
        all => format!("({})", all.join(", ")),
    };
    rows.into_iter().map(text).collect()
}
