/**
 * The emoji that people send most, most sent first: a list made by hand for this project after the ranks that
 * the Unicode Consortium publishes (home.unicode.org/emoji/emoji-frequency, 2019 and 2021) and everyday
 * things that people look for. It contains facts and judgement and no data set.
 */
const MOST_SENT = `
😂 ❤ 🤣 👍 😭 🙏 😘 🥰 😍 😊 🎉 😁 💕 🥺 😅 🔥 ☺ 🤦 ♥ 🤷 🙄 😆 🤗 😉 🎂 🤔 👏 🙂 😳 🥳 😎 👌 💜 😔 💪 ✨ 💖 👀 😋 😏
😢 👉 💗 😩 💯 🌹 💞 🎈 💙 😃 😡 💐 😜 🙈 🤞 😄 🤤 🙌 🤪 ❣ 😀 💋 💀 👇 💔 😌 💓 🤩 🙃 😬 😱 😴 🤭 😐 🌞 😒 😇 🌸 😈 🎶
✌ 🎊 🥵 😞 💚 ☀ 🖤 💰 😚 👑 🎁 💥 🙋 ☹ 😑 🥴 👈 💩 ✅ 👋 🤮 😤 🤢 🌟 ❗ 😥 🌈 💛 😝 😫 😲 🖕 🔴 🌻 🤯 💃 👊 🤬 🏃 😕
👁 ⚡ ☕ 🍀 💦 ⭐ 🦋 🤨 🌺 😹 🤘 🌷 💝 💤 🤝 🐰 😓 💘 🍻 😟 😣 🧐 😠 🤠 😻 🌙 😛 🤙 🙊 🧡 🤡 🤫 🌼 🥂 😷 🤓 🥶 😶 😖 🎵
🚶 😙 🍆 🤑 💅 😗 🐶 🍓 👅 👄 🌿 🚨 📣 🤟 🍑 🍃 😮 💎 📢 🌱 🙁 🍷 😪 🌚 🏆 🍒 💉 ❌ ⏰ 🍺 🚀 🐱 🏠 🚗 ✈ 🍕 🍔 🍎 🍌 🎮
⚽ 🏀 📷 📱 💻 📚 ✏ 📌 🔑 🔒 💡 🛒 🚲 🚌 🚆 ⛄ ❄ ☔ 🌧 🌊 🌍 🌳 🌵 🍰 🍩 🍦 🍫 🍭 🍿 🍟 🌮 🍜 🍣 🍞 🧀 🥚 🥑 🥕 🍇 🍉
🐻 🐼 🦊 🦁 🐯 🐮 🐷 🐸 🐵 🐔 🐧 🐦 🦆 🦅 🦉 🐺 🐴 🦄 🐝 🐛 🐌 🐞 🐢 🐍 🐙 🦀 🐟 🐬 🐳 🦈 🐘 🐕 🐈 🐭 🐹 🐑 🦖 👻 👽 🤖
🎃 🎄 🎅 👶 👧 👦 👩 👨 👵 👴 👮 👷 👸 🤴 🧙 🧚 🧜 🧛 🧟 💍 👗 👠 👟 👒 🎩 👓 🕶 🌂 💼 🎒 🎓 🎤 🎧 🎸 🎹 🥁 🎨 🎬 🎭 🎯
🎲 🎳 🏈 ⚾ 🎾 🏐 🏊 🏄 🚴 🏋 🧘 ⛷ 🏂 🏔 🏖 🏕 🌋 🌅 🌃 🏥 🏫 🏦 🏨 ⛪ 🕌 🏰 🗽 🗼 🚑 🚒 🚓 🚕 🚚 🚜 🏍 🚢 ⛵ 🚁 ⚓ 🗺
📅 📝 📖 📧 📞 📺 📻 🔋 🔌 🔍 🔔 🔧 🔨 ⚙ 🔫 💣 💊 🩹 🧪 🔬 🔭 🧹 🧺 🚿 🛁 🚽 🛏 🚪 🪑 🕯 🎀 ✉ 📦 🗑 ⏳ ⌛ ⏱ 🌡 ☁ 🌪
`
  .split(/\s+/)
  .filter((emoji) => emoji !== '');

const RANKS = new Map(MOST_SENT.map((emoji, i) => [emoji, i]));

/** How common an emoji is, 0 to 255. A person with a gender or a skin tone ranks below the person without. */
export function commonness(emoji: string): number {
  const key = emoji.replaceAll('\ufe0f', '');
  const rank = RANKS.get(key);
  if (rank !== undefined) return Math.round(255 - (rank * 175) / MOST_SENT.length);
  return key.includes('\u200d') ? 15 : 45;
}
