// Messages before the protocol's library reads them: it takes parameters, and those of `initialize` capabilities, for objects.
// Law: what is wrong with the rest of them is for the server to say.
import { Message, type ConnectionOptions, type NotificationMessage, type RequestMessage } from "vscode-languageserver";
import { isObject } from "./params.ts";

/** For every connection that is served. */
export const connectionOptions: ConnectionOptions = { messageStrategy: { handleMessage: (message, next) => next(readable(message)) } };

function readable(message: Message): Message {
  if (!Message.isRequest(message) && !Message.isNotification(message)) return message;
  const { method, params }: RequestMessage | NotificationMessage = message;
  const given: object = isObject(params) ? params : {};
  const known = method !== "initialize" || ("capabilities" in given && isObject(given.capabilities));
  return { ...message, params: known ? given : { ...given, capabilities: {} } } as Message;
}
