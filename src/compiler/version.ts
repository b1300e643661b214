// The version that generated modules name in their header. A test holds it against package.json.
export const version = "0.1.0";
